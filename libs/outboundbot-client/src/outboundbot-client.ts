import { randomUUID } from 'node:crypto';

import { AbortableBody } from './abortable-body.js';
import {
  type AccessKey,
  CredentialSource,
  CredentialsUnavailableError,
  providerFor,
} from './credential-source.js';
import { decodeInstance, type DescribedInstance } from './decode-instance.js';
import { type Envelope, interpretResponse, invalid, type RawResponse } from './interpret-response.js';
import type { Failure, Outcome } from './outcome.js';
import { RawResponseSpi, ResponseTooLargeError } from './raw-response-spi.js';
import { Config, OpenApiRequest, Params, RuntimeOptions, SdkClient } from './sdk.js';

/** The version of the product's API. A later one lives on the same host with other shapes, so it is pinned. */
const API_VERSION = '2019-12-26';

/** The SDK's own timer is a backstop behind ours: it must never fire first. */
const SDK_TIMEOUT_MARGIN_MS = 1000;

export interface OutboundBotClientOptions {
  /** `host[:port]` */
  readonly endpoint: string;
  readonly protocol: 'http' | 'https';
  /** Without it the SDK's default credential chain is used. */
  readonly accessKey?: AccessKey | undefined;
  /** A longer answer is an `invalid-response`. */
  readonly maxResponseBytes: number;
}

export interface AttemptOptions {
  /** The attempt ends after this many milliseconds, and its connection is closed. At least 1. */
  readonly timeoutMs: number;
}

/**
 * Calls the OutboundBot service through the official SDK. Each method is one attempt: a new signature, a new nonce,
 * no retry. What the upstream or the network do comes back as an {@link Outcome}; only defects throw.
 */
export class OutboundBotClient {
  private readonly sdk: InstanceType<typeof SdkClient>;
  private readonly describeInstanceAction: Action;
  private runtime = new RuntimeOptions({});
  private readonly credentials: CredentialSource;

  constructor(options: OutboundBotClientOptions) {
    this.describeInstanceAction = rpcAction('DescribeInstance', options.protocol);
    this.credentials = new CredentialSource(() => providerFor(options.accessKey));
    // "v4" is the SDK's switch for "let the gateway SPI sign and read"; the signature itself stays ACS3.
    this.sdk = new SdkClient(
      new Config({ endpoint: options.endpoint, protocol: options.protocol, signatureVersion: 'v4' }),
    );
    this.sdk.setGatewayClient(new RawResponseSpi(this.credentials, options.maxResponseBytes));
  }

  /**
   * Resolves the credentials once, so that the first requests do not race each other for them.
   *
   * @throws {CredentialsUnavailableError}
   */
  async warmUp(): Promise<void> {
    await this.credentials.get();
  }

  /**
   * Reads one business instance (RPC action `DescribeInstance`).
   *
   * @param instanceId any text; the upstream says `not-found` for what it does not know
   */
  async describeInstance(instanceId: string, options: AttemptOptions): Promise<Outcome<DescribedInstance>> {
    return this.attempt(this.describeInstanceAction, { InstanceId: instanceId }, options, (envelope) =>
      decodeInstance(envelope['Instance']),
    );
  }

  /** A call of any action that ends on time, even while it waits for credentials. */
  private async attempt<T>(
    action: Action,
    query: Record<string, string>,
    { timeoutMs }: AttemptOptions,
    decode: (envelope: Envelope) => T,
  ): Promise<Outcome<T>> {
    const body = new AbortableBody();
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<Failure>((resolve) => {
      timer = setTimeout(() => {
        resolve(timedOut);
        body.abort();
      }, timeoutMs);
    });
    try {
      return await Promise.race([this.call(action, query, body, timeoutMs, decode), timeUp]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** One signed call. `decode` takes the result from the envelope. */
  private async call<T>(
    action: Action,
    query: Record<string, string>,
    body: AbortableBody,
    timeoutMs: number,
    decode: (envelope: Envelope) => T,
  ): Promise<Outcome<T>> {
    try {
      const response = await this.exchange(action, query, body, timeoutMs + SDK_TIMEOUT_MARGIN_MS);
      const outcome = interpretResponse(response, decode);
      if ('code' in outcome && outcome.code?.startsWith('InvalidSecurityToken')) this.credentials.renew();
      return outcome;
    } catch (error) {
      return failureOf(error);
    }
  }

  private async exchange(
    action: Action,
    query: Record<string, string>,
    body: AbortableBody,
    sdkTimeout: number,
  ): Promise<RawResponse> {
    const request = new OpenApiRequest({
      query,
      // The SDK's own nonce has 40 random bits, too few for a busy quarter of an hour.
      headers: { 'x-acs-signature-nonce': randomUUID() },
      stream: body,
    });
    const response = (await this.sdk.callApi(action, request, this.runtimeOptions(sdkTimeout))) as {
      body: RawResponse;
    };
    return response.body;
  }

  /** Most attempts have the same time, and the SDK's way of making these has its price. */
  private runtimeOptions(timeoutMs: number): InstanceType<typeof RuntimeOptions> {
    if (this.runtime.readTimeout !== timeoutMs)
      this.runtime = new RuntimeOptions({ connectTimeout: timeoutMs, readTimeout: timeoutMs });
    return this.runtime;
  }
}

/** What the SDK is told about an RPC action. */
function rpcAction(action: string, protocol: string) {
  return new Params({
    action,
    version: API_VERSION,
    protocol,
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'binary',
  });
}

type Action = ReturnType<typeof rpcAction>;

const timedOut: Failure = { kind: 'timed-out', code: null, requestId: null, retry: 'backoff' };

/** What is not the upstream's, the network's or the credentials' doing is a defect, and thrown on. */
function failureOf(error: unknown): Failure {
  if (error instanceof ResponseTooLargeError) return invalid('too large');
  if (error instanceof CredentialsUnavailableError) {
    return { kind: 'refused', code: null, requestId: null, retry: 'never', reason: 'no credentials' };
  }
  const code =
    error instanceof Error && !(error instanceof TypeError) && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') throw error;
  if (code.startsWith('HPE_')) return invalid('not HTTP');
  return { kind: 'unavailable', code: null, requestId: null, retry: 'backoff', reason: code };
}
