import { type AccessKey, providerFor } from './credential-source.js';
import {
  CLIProfileCredentialsProvider,
  type CredentialsProvider,
  ECSRAMRoleCredentialsProvider,
  EnvironmentVariableCredentialsProvider,
  OIDCRoleArnCredentialsProvider,
  ProfileCredentialsProvider,
  URICredentialsProvider,
} from './sdk.js';

/** Where the credentials come from, without the credentials. */
export interface CredentialSearch {
  /** The provider that gave them; undefined if none did. */
  readonly provider?: string;
  /** The last four characters of the access key id; undefined if the id is too short to show a part of it. */
  readonly idEnding?: string;
  readonly isTemporary: boolean;
  /** The providers that were asked before and gave none, each with the reason in the gateway's own words. */
  readonly rejected: readonly { readonly provider: string; readonly reason: string }[];
}

/** The providers of the SDK's default chain, in its order. The chain itself does not tell why a provider gives nothing. */
const CHAIN: readonly (readonly [name: string, build: () => CredentialsProvider])[] = [
  ['environment', () => EnvironmentVariableCredentialsProvider.builder().build()],
  ['OIDC token (RRSA)', () => OIDCRoleArnCredentialsProvider.builder().build()],
  ['CLI profile', () => CLIProfileCredentialsProvider.builder().build()],
  ['credentials file', () => ProfileCredentialsProvider.builder().build()],
  [
    'ECS RAM role',
    () =>
      ECSRAMRoleCredentialsProvider.builder()
        .withRoleName(process.env['ALIBABA_CLOUD_ECS_METADATA'] ?? '')
        .build(),
  ],
  [
    'credentials URI',
    () =>
      URICredentialsProvider.builder()
        .withCredentialsURI(process.env['ALIBABA_CLOUD_CREDENTIALS_URI'] ?? '')
        .build(),
  ],
];

/** Shorter ids are not shown in part. */
const SHORTEST_SHOWN_ID = 12;

/**
 * Looks for credentials as the gateway does, one provider after another, for diagnosis. It never throws.
 *
 * @param accessKey a fixed access key, if one is set: then no other provider is asked
 */
export async function findCredentials(accessKey: AccessKey | undefined): Promise<CredentialSearch> {
  const chain = accessKey ? [['settings', () => providerFor(accessKey)] as const] : CHAIN;
  const rejected: { provider: string; reason: string }[] = [];
  for (const [provider, build] of chain) {
    try {
      const { accessKeyId, securityToken } = await build().getCredentials();
      const isLong = accessKeyId.length >= SHORTEST_SHOWN_ID;
      return {
        provider,
        ...(isLong && { idEnding: accessKeyId.slice(-4) }),
        isTemporary: Boolean(securityToken),
        rejected,
      };
    } catch (error) {
      rejected.push({ provider, reason: reasonOf(provider, error) });
    }
  }
  return { isTemporary: false, rejected };
}

/** The SDK's messages and what they mean. The messages themselves may quote files and answers, so they are not shown. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/\(ALIBABA_CLOUD_ACCESS_KEY_ID\)/, 'ALIBABA_CLOUD_ACCESS_KEY_ID is not set'],
  [/\(ALIBABA_CLOUD_ACCESS_KEY_SECRET\)/, 'ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set'],
  [/env ALIBABA_CLOUD_ROLE_ARN is null/, 'ALIBABA_CLOUD_ROLE_ARN is not set'],
  [/env ALIBABA_CLOUD_OIDC_PROVIDER_ARN is null/, 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN is not set'],
  [/env ALIBABA_CLOUD_OIDC_TOKEN_FILE is null/, 'ALIBABA_CLOUD_OIDC_TOKEN_FILE is not set'],
  [
    /^get sts token failed with OIDC/,
    'STS refused the token: check the role, its trust policy and the issuer',
  ],
  [/^reading aliyun cli config/, 'there is no ~/.aliyun/config.json that can be read'],
  [/^parse aliyun cli config/, '~/.aliyun/config.json is not JSON'],
  [/^no any configured profiles|^unable to get profile/, '~/.aliyun/config.json has no such profile'],
  [/^the CLI profile is disabled/, 'ALIBABA_CLOUD_CLI_PROFILE_DISABLED turns it off'],
  [/^cannot found home dir/, 'there is no home directory'],
  [/^Can not find credential type|^Invalid type option/, 'the file has no profile of a known type'],
  [/^IMDS credentials is disabled/, 'ALIBABA_CLOUD_ECS_METADATA_DISABLED turns it off'],
  [/^get role name failed/, 'the metadata service names no role: attach a RAM role to this machine'],
];

/** What a failure without a known message means for each provider. */
const BY_PROVIDER: Readonly<Record<string, string>> = {
  'credentials file': 'there is no credentials file that can be read',
  'ECS RAM role':
    'the metadata service (100.100.100.200) does not answer: this is no ECS machine, or it is shut off',
};

function reasonOf(provider: string, error: unknown): string {
  if (provider === 'credentials URI' && !process.env['ALIBABA_CLOUD_CREDENTIALS_URI']) {
    return 'ALIBABA_CLOUD_CREDENTIALS_URI is not set';
  }
  const message = error instanceof Error ? error.message : '';
  const known = REASONS.find(([pattern]) => pattern.test(message))?.[1];
  if (known !== undefined) return known;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const meaning = BY_PROVIDER[provider] ?? 'it failed';
  return /^E[A-Z_]+$/.test(code) ? `${meaning} (${code})` : meaning;
}
