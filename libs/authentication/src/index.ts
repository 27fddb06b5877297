export { AccessTokens, type AccessTokensOptions } from './access-tokens.js';
export { WrongApiKeyFileError } from './api-key-entry.js';
export { ApiKeyFile, type ApiKeyFileListener } from './api-key-file.js';
export type { KeyExpiry } from './api-key-list.js';
export type { Caller, ReadAccess, Rejection, Verdict } from './caller.js';
export { ProviderKeys, type ProviderKeysOptions } from './provider-keys.js';
export { ALL_INSTANCES, NO_INSTANCES } from './read-access.js';
