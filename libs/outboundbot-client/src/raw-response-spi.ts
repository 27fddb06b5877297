import type { IncomingMessage } from 'node:http';

import type { CredentialSource } from './credential-source.js';
import type { RawResponse } from './interpret-response.js';
import { GatewaySpi, type InterceptorContext, OpenApiUtil } from './sdk.js';

const ALGORITHM = 'ACS3-HMAC-SHA256';
const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

type SignableRequest = Parameters<typeof OpenApiUtil.getAuthorization>[0];

/** The upstream sent more than the limit. */
export class ResponseTooLargeError extends Error {
  override name = 'ResponseTooLargeError';
}

/**
 * The SDK's extension point around one HTTP exchange. It signs the request as the SDK's own `doRequest` does, with the
 * SDK's signer, and hands back status, headers and bytes of whatever comes, up to a limit.
 *
 * The SDK's own way of reading reads error bodies of any size into memory, throws away the status of those that are
 * not JSON, and rounds 64-bit integers (docs/adr/0004).
 */
export class RawResponseSpi extends GatewaySpi {
  constructor(
    private readonly credentials: CredentialSource,
    private readonly maxResponseBytes: number,
  ) {
    super();
  }

  override async modifyConfiguration(): Promise<void> {
    // The endpoint is given, so there is nothing to resolve.
  }

  override async modifyRequest({ request, configuration }: InterceptorContext): Promise<void> {
    const { accessKeyId, accessKeySecret, securityToken, providerName } = await this.credentials.get();
    const headers: Record<string, string> = {
      host: configuration.endpoint ?? '',
      accept: 'application/json',
      'content-length': '0',
      'user-agent': request.userAgent,
      'x-acs-version': request.version,
      'x-acs-action': request.action,
      'x-acs-date': OpenApiUtil.getTimestamp(),
      'x-acs-content-sha256': SHA256_OF_NOTHING,
      'x-acs-credentials-provider': providerName,
      ...(securityToken ? { 'x-acs-accesskey-id': accessKeyId, 'x-acs-security-token': securityToken } : {}),
      ...request.headers,
    };
    request.headers = headers;
    headers['Authorization'] = OpenApiUtil.getAuthorization(
      // The signer reads the four members that both kinds of request have.
      request as unknown as SignableRequest,
      ALGORITHM,
      SHA256_OF_NOTHING,
      accessKeyId,
      accessKeySecret,
    );
  }

  override async modifyResponse({ response }: InterceptorContext): Promise<void> {
    const { statusCode = 0, headers = {}, body } = response;
    const raw: RawResponse = {
      status: statusCode,
      headers,
      body: await readUpTo(this.maxResponseBytes, body as IncomingMessage),
    };
    response.deserializedBody = raw;
  }
}

/** By its events: to iterate over a stream costs several times as much. */
function readUpTo(limit: number, response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const declared = Number(response.headers['content-length'] ?? 0);
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit || declared > limit) response.destroy(new ResponseTooLargeError());
      else chunks.push(chunk);
    });
    response.once('end', () => {
      resolve(Buffer.concat(chunks, size));
    });
    response.once('error', reject);
  });
}
