import { decodeBody, WrongCodingError } from '@app/http-client';

import { type AccessKey, CredentialSource, providerFor } from './credential-source.js';
import { decodeInstance, type DescribedInstance, requireInstance } from './decode-instance.js';
import { failureOf } from './failure-of.js';
import { type Envelope, interpretResponse, type RawResponse } from './interpret-response.js';
import type { Outcome } from './outcome.js';
import { CallOptions, RpcClient, type RpcClientOptions } from './rpc-client.js';
import { OpenApiRequest, Params } from './sdk.js';

/** The version of the product's API. A later one lives on the same host with other shapes, so it is pinned. */
const API_VERSION = '2019-12-26';

export interface OutboundBotClientOptions extends RpcClientOptions {
  /** Without it the SDK's default credential chain is used. */
  readonly accessKey?: AccessKey | undefined;
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
  private readonly describeInstanceAction: Action;
  private readonly credentials: CredentialSource;
  private readonly rpc: RpcClient;
  private resendCount = 0;

  constructor(private readonly options: OutboundBotClientOptions) {
    this.describeInstanceAction = rpcAction('DescribeInstance', options.protocol);
    this.credentials = new CredentialSource(() => providerFor(options.accessKey));
    this.rpc = new RpcClient(options, this.credentials);
  }

  /** How many requests were sent again, since a connection that had served before was dead. */
  get resends(): number {
    return this.resendCount;
  }

  /**
   * Resolves the credentials once, so that the first requests do not race each other for them.
   *
   * @throws {CredentialsUnavailableError}
   */
  async warmUp(): Promise<void> {
    await this.credentials.get();
  }

  /** Closes the connections: idle ones at once, others when their calls are over. No call may follow. */
  close(): void {
    this.rpc.close();
  }

  /**
   * Reads one business instance (RPC action `DescribeInstance`).
   *
   * @param instanceId any text; the upstream says `not-found` for what it does not know
   */
  describeInstance(instanceId: string, options: AttemptOptions): Promise<Outcome<DescribedInstance>> {
    return this.attempt(this.describeInstanceAction, { InstanceId: instanceId }, options, (envelope) =>
      requireInstance(instanceId, decodeInstance(envelope['Instance'])),
    );
  }

  /**
   * One signed call of any action, which ends on time, even while it waits for credentials.
   *
   * @param decode takes the result from the envelope
   */
  private async attempt<T>(
    action: Action,
    query: Record<string, string>,
    { timeoutMs }: AttemptOptions,
    decode: (envelope: Envelope) => T,
  ): Promise<Outcome<T>> {
    let isResent = false as boolean;
    const options = new CallOptions(timeoutMs, () => {
      isResent = true;
      this.resendCount += 1;
    });
    let outcome: Outcome<T>;
    try {
      let response = (await this.rpc.callApi(action, new OpenApiRequest({ query }), options)) as RawResponse;
      if ('content-encoding' in response.headers) response = await this.decoded(response);
      outcome = interpretResponse(response, decode);
    } catch (error) {
      outcome = failureOf(error);
    }
    if ('code' in outcome && outcome.code?.startsWith('InvalidSecurityToken')) this.credentials.renew();
    return isResent ? { ...outcome, resent: true } : outcome;
  }

  /** The answer without the codings that we have not asked for. What an error says by its status counts without a body too. */
  private async decoded(response: RawResponse): Promise<RawResponse> {
    const codings = String(response.headers['content-encoding']);
    try {
      return { ...response, body: await decodeBody(response.body, codings, this.options.maxResponseBytes) };
    } catch (error) {
      if (response.status < 400 || !(error instanceof WrongCodingError)) throw error;
      return { ...response, body: new Uint8Array() };
    }
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
