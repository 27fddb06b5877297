import {
  type CredentialsProvider,
  DefaultCredentialsProvider,
  StaticAKCredentialsProvider,
  StaticSTSCredentialsProvider,
} from './sdk.js';

/** A RAM user's access key, or a temporary one with its STS token. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

export type Credentials = Awaited<ReturnType<CredentialsProvider['getCredentials']>>;

/** No provider gave credentials. The message has nothing of the providers' own: they may quote secrets. */
export class CredentialsUnavailableError extends Error {
  override name = 'CredentialsUnavailableError';

  constructor() {
    super(
      'No Alibaba Cloud credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run ' +
        'where the SDK finds some (RAM role, OIDC token, CLI profile, credentials file).',
    );
  }
}

/**
 * Gets the credentials of every call from one shared provider.
 *
 * The SDK's providers refresh once for each call that comes while a refresh is due, so refreshes are shared here. The SDK's
 * default chain never tries its other providers again once all have failed, so after a failure the provider is built anew.
 */
export class CredentialSource {
  private provider: CredentialsProvider;
  private pending: Promise<Credentials> | undefined;
  private fixed: Credentials | undefined;
  private last: Credentials | undefined;

  /** @param onRenewal is called when a provider gives other credentials than the last ones, and when none gives any */
  constructor(
    private readonly build: () => CredentialsProvider,
    private readonly onRenewal: (outcome: 'ok' | 'error') => void = () => undefined,
  ) {
    this.provider = build();
  }

  /** The credentials that need no waiting: a fixed key, once it was read. */
  get atHand(): Credentials | undefined {
    return this.fixed;
  }

  /** @throws {CredentialsUnavailableError} */
  get(): Promise<Credentials> {
    this.pending ??= this.fetch().finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  /** Forgets the credentials, which the upstream no longer accepts, so that the next call gets new ones. */
  renew(): void {
    this.fixed = undefined;
    this.provider = this.build();
  }

  private async fetch(): Promise<Credentials> {
    const { provider } = this;
    try {
      const credentials = await provider.getCredentials();
      if (FIXED.has(provider.getProviderName())) this.fixed = credentials;
      if (this.last && !areEqual(this.last, credentials)) this.onRenewal('ok');
      this.last = credentials;
      return credentials;
    } catch {
      this.onRenewal('error');
      this.renew();
      throw new CredentialsUnavailableError();
    }
  }
}

function areEqual(one: Credentials, other: Credentials): boolean {
  return one.accessKeyId === other.accessKeyId && one.securityToken === other.securityToken;
}

/** The names of the SDK's providers whose credentials never change. */
const FIXED = new Set(['static_ak', 'static_sts']);

/** The provider for a fixed key, or the SDK's default chain if there is none. */
export function providerFor(key: AccessKey | undefined): CredentialsProvider {
  if (!key) return DefaultCredentialsProvider.builder().build();
  if (key.securityToken === undefined) {
    return StaticAKCredentialsProvider.builder()
      .withAccessKeyId(key.accessKeyId)
      .withAccessKeySecret(key.accessKeySecret)
      .build();
  }
  return StaticSTSCredentialsProvider.builder()
    .withAccessKeyId(key.accessKeyId)
    .withAccessKeySecret(key.accessKeySecret)
    .withSecurityToken(key.securityToken)
    .build();
}
