import { randomUUID } from 'node:crypto';

import { AbortableBody } from './abortable-body.js';
import {
  type AccessKey,
  CredentialSource,
  CredentialsUnavailableError,
  providerFor,
} from './credential-source.js';
import { decodeInstance, type DescribedInstance } from './decode-instance.js';
import { interpretResponse, invalid, type RawResponse } from './interpret-response.js';
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
  private readonly protocol: string;
  private readonly credentials: CredentialSource;

  constructor(options: OutboundBotClientOptions) {
    this.protocol = options.protocol;
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
    return this.call('DescribeInstance', { InstanceId: instanceId }, options, (envelope) =>
      decodeInstance(envelope['Instance']),
    );
  }

  /** One signed call of any RPC action. `decode` takes the result from the envelope. */
  private async call<T>(
    action: string,
    query: Record<string, string>,
    { timeoutMs }: AttemptOptions,
    decode: (envelope: Readonly<Record<string, unknown>>) => T,
  ): Promise<Outcome<T>> {
    const attempt = new AbortController();
    const timer = setTimeout(() => {
      attempt.abort();
    }, timeoutMs);
    try {
      const response = await Promise.race([
        this.exchange(action, query, timeoutMs, attempt.signal),
        rejection(attempt.signal),
      ]);
      const outcome = interpretResponse(response, decode);
      if ('code' in outcome && outcome.code?.startsWith('InvalidSecurityToken')) this.credentials.renew();
      return outcome;
    } catch (error) {
      return attempt.signal.aborted ? timedOut : failureOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  private async exchange(
    action: string,
    query: Record<string, string>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<RawResponse> {
    const params = new Params({
      action,
      version: API_VERSION,
      protocol: this.protocol,
      pathname: '/',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'binary',
    });
    const request = new OpenApiRequest({
      query,
      // The SDK's own nonce has 40 random bits, too few for a busy quarter of an hour.
      headers: { 'x-acs-signature-nonce': randomUUID() },
      stream: new AbortableBody(signal),
    });
    const sdkTimeout = timeoutMs + SDK_TIMEOUT_MARGIN_MS;
    const runtime = new RuntimeOptions({ connectTimeout: sdkTimeout, readTimeout: sdkTimeout });
    const { body } = (await this.sdk.callApi(params, request, runtime)) as { body: RawResponse };
    return body;
  }
}

const timedOut: Failure = { kind: 'timed-out', code: null, requestId: null, retry: 'backoff' };

/** Lets a call end on time even while it waits for credentials. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(new Error('the attempt is over'));
      },
      { once: true },
    );
  });
}

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
