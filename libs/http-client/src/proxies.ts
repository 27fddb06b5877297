import ipaddr from 'ipaddr.js';

/** The values of the environment variables with these names. */
export interface ProxyVariables {
  /** The URL of the proxy for `https:` URLs. */
  readonly HTTPS_PROXY?: string | undefined;
  /** The URL of the proxy for `http:` URLs. */
  readonly HTTP_PROXY?: string | undefined;
  /** Hosts that are called directly, separated by commas or spaces. `*` means every host. */
  readonly NO_PROXY?: string | undefined;
}

export interface Proxies {
  /**
   * Returns the URL of the proxy for a URL, with the credentials of the proxy. Undefined if the URL is called directly.
   */
  readonly proxyFor: (url: string) => URL | undefined;
}

/**
 * Reads the three variables as curl does. An entry of `NO_PROXY` is a host with its subdomains (a leading dot is allowed),
 * an IP address, or a range of addresses in CIDR notation. An entry may also have a port, as in other programs.
 *
 * undici's `EnvHttpProxyAgent` does not know address ranges, uses `HTTP_PROXY` for `https:` URLs too, and cannot tell
 * which proxy a URL uses.
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
      if (proxy === undefined || entries.some((entry) => isDirect(url, entry))) return undefined;
      return new URL(proxy);
    },
  };
}

/** Whether an entry of `NO_PROXY` names the host of a URL. */
function isDirect(url: URL, entry: string): boolean {
  if (entry === '*') return true;
  const { host, port } = splitPort(entry);
  if (port !== undefined && port !== (url.port || DEFAULT_PORTS[url.protocol])) return false;
  const hostname = normalize(url.hostname);
  return ipaddr.isValid(hostname) ? isSameAddress(hostname, host) : isSameDomain(hostname, host);
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Splits `host:port`. An IPv6 address has a port only if it is in brackets. */
function splitPort(entry: string): { host: string; port?: string } {
  const [, host = entry, port] = /^([^:]+|\[[^\]]+\]):(\d+)$/.exec(entry) ?? [];
  return { host, ...(port === undefined ? {} : { port }) };
}

function isSameDomain(hostname: string, entry: string): boolean {
  const domain = normalize(entry.replace(/^\*?\./, ''));
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

/** A host in lower case, without brackets and without a final dot. */
function normalize(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
