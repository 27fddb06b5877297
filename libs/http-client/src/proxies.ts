import ipaddr from 'ipaddr.js';

/** The values of the environment's variables of these names, if they are set. */
export interface ProxyVariables {
  /** For `https:` URLs; a URL. */
  readonly HTTPS_PROXY?: string | undefined;
  /** For `http:` URLs; a URL. */
  readonly HTTP_PROXY?: string | undefined;
  /** Hosts that are called directly, with commas or spaces between; `*` is all of them. */
  readonly NO_PROXY?: string | undefined;
}

/** Knows which calls go through a proxy. */
export interface Proxies {
  /** The proxy for a URL, with its credentials; undefined if there is none to go through. */
  readonly proxyFor: (url: string) => URL | undefined;
}

/**
 * Reads the three variables as curl does: an entry of `NO_PROXY` is a host and its subdomains, with or without a dot before
 * it, an IP address, or a range of those in CIDR notation. An entry may have a port, as other programs allow.
 *
 * undici's `EnvHttpProxyAgent` knows no ranges, takes `HTTP_PROXY` for `https:` URLs too, and cannot be asked.
 */
export function readProxies({ HTTPS_PROXY, HTTP_PROXY, NO_PROXY = '' }: ProxyVariables): Proxies {
  const entries = NO_PROXY.split(/[\s,]+/).filter((entry) => entry !== '');
  const byProtocol: Readonly<Record<string, string | undefined>> = {
    'https:': HTTPS_PROXY,
    'http:': HTTP_PROXY,
  };
  return {
    proxyFor: (text) => {
      const url = new URL(text);
      const proxy = byProtocol[url.protocol];
      if (proxy === undefined || entries.some((entry) => isExempt(url, entry))) return undefined;
      return new URL(proxy);
    },
  };
}

/** Whether an entry of `NO_PROXY` names the host of a URL. */
function isExempt(url: URL, entry: string): boolean {
  if (entry === '*') return true;
  const { host, port } = splitPort(entry);
  if (port !== undefined && port !== (url.port || DEFAULT_PORTS[url.protocol])) return false;
  const hostname = bare(url.hostname);
  return ipaddr.isValid(hostname) ? isSameAddress(hostname, host) : isSameDomain(hostname, host);
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** `host:port`, or an IPv6 address, which has a port only if it is in brackets. */
function splitPort(entry: string): { host: string; port?: string } {
  const [, host = entry, port] = /^([^:]+|\[[^\]]+\]):(\d+)$/.exec(entry) ?? [];
  return { host, ...(port === undefined ? {} : { port }) };
}

function isSameDomain(hostname: string, entry: string): boolean {
  const domain = bare(entry.replace(/^\*?\./, ''));
  return domain !== '' && (hostname === domain || hostname.endsWith(`.${domain}`));
}

function isSameAddress(address: string, entry: string): boolean {
  const other = entry.replace(/^\[|\]$/g, '');
  const parsed = ipaddr.process(address);
  if (ipaddr.isValidCIDR(other)) {
    const [range, bits] = ipaddr.parseCIDR(other);
    return range.kind() === parsed.kind() && parsed.match([range, bits] as never);
  }
  return ipaddr.isValid(other) && ipaddr.process(other).toString() === parsed.toString();
}

/** A host in lower case, without brackets and without the dot at the end that makes a name absolute. */
function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
