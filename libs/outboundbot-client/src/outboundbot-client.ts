import { decodeBody, WrongCodingError } from '@app/http-client';

import type { Action } from './actions/action.js';
import { type AccessKey, CredentialSource, providerFor } from './credential-source.js';
import { type AnswerDescription, describeAnswer } from './describe-answer.js';
import { failureOf } from './failure-of.js';
import { interpretResponse, type RawResponse } from './interpret-response.js';
import type { Outcome } from './outcome.js';
import { CallOptions, RpcClient, type RpcClientOptions } from './rpc-client.js';
import { OpenApiRequest, Params } from './sdk.js';

/** The version of the product's API. The same host serves a later version with other shapes, so it is pinned. */
const API_VERSION = '2019-12-26';

export interface OutboundBotClientOptions extends RpcClientOptions {
  /** Without it the SDK's default credential chain is used. */
  readonly accessKey?: AccessKey | undefined;
  /** Called when credentials that expire were renewed, or could not be fetched. For metrics. */
  readonly onCredentialsRenewal?: (outcome: 'ok' | 'error') => void;
}

export interface AttemptOptions {
  /** After this many milliseconds the attempt ends and its connection is closed. At least 1. */
  readonly timeoutMs: number;
  /** Gets a description of the HTTP answer, if one came. For diagnosis. */
  readonly onAnswer?: (answer: AnswerDescription) => void;
}

/** Calls the OutboundBot service: signs with the official SDK, and sends with a transport of its own (docs/adr/0013). */
export class OutboundBotClient {
  private readonly credentials: CredentialSource;
  private readonly rpc: RpcClient;
  private readonly paramsByAction = new Map<string, ActionParams>();
  private resendCount = 0;

  constructor(private readonly options: OutboundBotClientOptions) {
    this.credentials = new CredentialSource(
      () => providerFor(options.accessKey),
      options.onCredentialsRenewal,
    );
    this.rpc = new RpcClient(options, this.credentials);
  }

  /** How many requests were sent a second time because a reused connection was dead. */
  get resends(): number {
    return this.resendCount;
  }

  /**
   * Gets the credentials before the first call needs them.
   *
   * @throws {CredentialsUnavailableError}
   */
  async warmUp(): Promise<void> {
    await this.credentials.get();
  }

  /** Closes the connections: idle ones at once, the others when their calls are over. No call may follow. */
  close(): void {
    this.rpc.close();
  }

  /**
   * Makes one attempt: a new nonce, a new signature, no retry. It ends in time even while it waits for credentials.
   * Whatever the upstream or the network does is an {@link Outcome}; only a defect of ours throws.
   */
  async call<Query, Value>(
    action: Action<Query, Value>,
    query: Query,
    { timeoutMs, onAnswer }: AttemptOptions,
  ): Promise<Outcome<Value>> {
    let isResent = false as boolean;
    const options = new CallOptions(timeoutMs, () => {
      isResent = true;
      this.resendCount += 1;
    });
    let outcome: Outcome<Value>;
    try {
      const request = new OpenApiRequest({ query: action.parameters(query) });
      let response = (await this.rpc.callApi(this.paramsOf(action.name), request, options)) as RawResponse;
      if ('content-encoding' in response.headers) response = await this.decoded(response);
      onAnswer?.(describeAnswer(response));
      outcome = interpretResponse(response, (envelope) => action.decode(envelope, query));
    } catch (error) {
      outcome = failureOf(error);
    }
    if ('code' in outcome && outcome.code?.startsWith('InvalidSecurityToken')) this.credentials.renew();
    return isResent ? { ...outcome, resent: true } : outcome;
  }

  /** Undoes content codings that the request did not ask for. An error keeps its status even if its body is unreadable. */
  private async decoded(response: RawResponse): Promise<RawResponse> {
    const codings = String(response.headers['content-encoding']);
    try {
      return { ...response, body: await decodeBody(response.body, codings, this.options.maxResponseBytes) };
    } catch (error) {
      if (response.status < 400 || !(error instanceof WrongCodingError)) throw error;
      return { ...response, body: new Uint8Array() };
    }
  }

  private paramsOf(action: string): ActionParams {
    let params = this.paramsByAction.get(action);
    if (!params) {
      params = new Params({
        action,
        version: API_VERSION,
        protocol: this.options.protocol,
        pathname: '/',
        method: 'POST',
        authType: 'AK',
        style: 'RPC',
        reqBodyType: 'formData',
        bodyType: 'binary',
      });
      this.paramsByAction.set(action, params);
    }
    return params;
  }
}

/** The SDK's description of an RPC action. */
type ActionParams = InstanceType<typeof Params>;
