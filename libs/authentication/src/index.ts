export { AccessTokens, type AccessTokensOptions } from './access-tokens.js';
export { ApiKeyFile } from './api-key-file.js';
export { WrongApiKeyFileError } from './api-key-list.js';
export type { Caller, ReadAccess, Rejection, Verdict } from './caller.js';
export { ProviderKeys } from './provider-keys.js';
export { ALL_INSTANCES, NO_INSTANCES } from './read-access.js';
