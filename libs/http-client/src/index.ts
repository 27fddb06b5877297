export { BodyTooLargeError, decodeBody, WrongCodingError } from './content-coding.js';
export { type Proxies, type ProxyVariables, readProxies } from './proxies.js';
export {
  Agent,
  type buildConnector,
  Client,
  type Dispatcher,
  Pool,
  ProxyAgent,
  proxyAgentOptions,
} from './undici.js';
