import { randomUUID } from 'node:crypto';
import { stringify } from 'node:querystring';

import type { Dispatcher } from '@app/http-client';

import { type ConnectionOptions, Connections } from './connections.js';
import type { Credentials, CredentialSource } from './credential-source.js';
import { Exchange } from './exchange.js';
import type { RawResponse } from './interpret-response.js';
import { Config, OpenApiRequest, OpenApiUtil, Params, RuntimeOptions, SdkClient } from './sdk.js';

const ALGORITHM = 'ACS3-HMAC-SHA256';
const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface RpcClientOptions extends Omit<ConnectionOptions, 'origin'> {
  /** `host[:port]` */
  readonly endpoint: string;
  readonly protocol: 'http' | 'https';
  /** A longer body is a {@link BodyTooLargeError}. */
  readonly maxResponseBytes: number;
}

/** The options of one call, for `callApi`. The SDK's own options have no effect. */
export class CallOptions extends RuntimeOptions {
  /**
   * @param timeoutMs for the whole call, from the wait for credentials to the last byte, in milliseconds
   * @param onResend is called when the request is sent again because its connection was dead
   */
  constructor(
    readonly timeoutMs: number,
    readonly onResend: () => void,
  ) {
    super({});
  }
}

/** The call took too long. Its connection is closed. */
export class CallTimedOutError extends Error {
  override name = 'CallTimedOutError';
}

/**
 * The SDK's client with another HTTP transport: it signs with the SDK's signer, sends with undici, and resolves with the
 * status, headers and bytes of any answer (docs/adr/0013).
 *
 * It makes only RPC calls without a body, signed by an access key. All parameters are in the query.
 */
export class RpcClient extends SdkClient {
  private opened: Connections | undefined;
  private readonly userAgent: string;

  constructor(
    private readonly options: RpcClientOptions,
    private readonly credentials: CredentialSource,
  ) {
    super(new Config({ endpoint: options.endpoint, protocol: options.protocol }));
    this.userAgent = this.getUserAgent();
  }

  /** Closes the idle connections, and the others when their calls are over. */
  close(): void {
    this.opened?.close();
  }

  /**
   * Sends one call of `callApi`. Rejects with {@link CallTimedOutError}, {@link BodyTooLargeError}, or an error of undici or
   * of the credentials.
   */
  override doRequest(
    params: InstanceType<typeof Params>,
    request: InstanceType<typeof OpenApiRequest>,
    { timeoutMs, onResend }: CallOptions,
  ): Promise<RawResponse> {
    const { connections } = this;
    return new Promise((resolve, reject) => {
      let exchange: Exchange | undefined;
      let isOver = false;
      const succeed = (response: RawResponse): void => {
        clearTimeout(timer);
        resolve(response);
      };
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(error);
      };
      // Not an AbortSignal: with its listener, an uncached request costs 6% more (docs/adr/0013).
      const timer = setTimeout(() => {
        isOver = true;
        const error = new CallTimedOutError();
        fail(error);
        exchange?.abort(error);
      }, timeoutMs);
      const send = (credentials: Credentials): void => {
        if (isOver) return;
        const sign = () => this.sign(params, request, credentials);
        exchange = new Exchange(sign, this.options.maxResponseBytes, onResend, succeed, fail);
        exchange.start(connections);
      };
      const { atHand } = this.credentials;
      if (atHand) send(atHand);
      else this.credentials.get().then(send).catch(fail);
    });
  }

  /** @throws {TypeError} if the endpoint is not a valid host */
  private get connections(): Connections {
    const { protocol, endpoint } = this.options;
    return (this.opened ??= new Connections({ ...this.options, origin: `${protocol}://${endpoint}` }));
  }

  /** The request, with the same headers and signature as the SDK's own `doRequest` makes. */
  private sign(
    { action, version, method, pathname }: InstanceType<typeof Params>,
    { query, headers: extraHeaders }: InstanceType<typeof OpenApiRequest>,
    { accessKeyId, accessKeySecret, securityToken, providerName }: Credentials,
  ): Dispatcher.DispatchOptions {
    const headers: Record<string, string> = {
      host: this._endpoint,
      'x-acs-version': version,
      'x-acs-action': action,
      'user-agent': this.userAgent,
      'x-acs-date': OpenApiUtil.getTimestamp(),
      // The SDK's nonce has only 40 random bits: within the upstream's 15 minutes, many calls could repeat one.
      'x-acs-signature-nonce': randomUUID(),
      accept: 'application/json',
      // Without this header the upstream may choose any coding (RFC 9110, section 12.5.3).
      'accept-encoding': 'identity',
      'x-acs-content-sha256': SHA256_OF_NOTHING,
      'x-acs-credentials-provider': providerName,
    };
    if (securityToken) {
      headers['x-acs-accesskey-id'] = accessKeyId;
      headers['x-acs-security-token'] = securityToken;
    }
    Object.assign(headers, extraHeaders);
    headers['Authorization'] = OpenApiUtil.getAuthorization(
      // The signer reads these four members of the SDK's own kind of request.
      { method, pathname, query, headers } as Parameters<typeof OpenApiUtil.getAuthorization>[0],
      ALGORITHM,
      SHA256_OF_NOTHING,
      accessKeyId,
      accessKeySecret,
    );
    return {
      // The SDK makes a URL of the query, which escapes the apostrophe too.
      path: `${pathname}?${stringify(query).replaceAll("'", '%27')}`,
      method: method,
      headers,
    };
  }
}
