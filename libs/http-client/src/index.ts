export { BodyTooLargeError, decodeBody, WrongCodingError } from './content-coding.js';
export { type Proxies, type ProxyVariables, readProxies } from './proxies.js';
export {
  type Connect,
  connectorFor,
  type Opening,
  ProxyRefusedError,
  ProxyTimeoutError,
} from './proxy-tunnel.js';
export { createTunnelAgent } from './tunnel-agent.js';
export { Client, type Dispatcher } from './undici.js';
