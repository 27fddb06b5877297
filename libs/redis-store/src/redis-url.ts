/** Where a Redis is, as its URL says. */
export interface RedisTarget {
  /** How to find the server of a key: the one that is named, the one that Sentinel names, or the one that the cluster names. */
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  /** The server, the sentinels, or some nodes of the cluster. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** The name that the sentinels have for the master. */
  readonly masterName?: string;
  readonly database: number;
  /** For the servers that hold data. */
  readonly credentials: RedisCredentials;
  /** For the sentinels. */
  readonly sentinelCredentials: RedisCredentials;
}

export interface RedisCredentials {
  readonly username?: string;
  readonly password?: string;
}

/** What a URL must look like, for messages. */
export const REDIS_URL_FORM =
  'a URL such as redis://user:password@host:6379/0, redis+sentinel://host:26379,host:26379/master or ' +
  'redis+cluster://host:6379,host:6379, each also with rediss';

const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^/?#@]+)(\/[^?#]*)?(\?[^#]*)?$/i;

const DEFAULT_PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 };

/** Forms of the path, by the kind of URL. */
const PATHS = {
  single: /^\/?(?<database>\d{0,4})$/,
  sentinel: /^\/(?<masterName>[^/]+)(?:\/(?<database>\d{0,4}))?$/,
  cluster: /^\/?(?<database>0?)$/,
};

/**
 * Reads the URL of a Redis. The user and password before the hosts are for the servers that hold data, not for sentinels:
 * theirs are `sentinelUsername` and `sentinelPassword` in the query. Other parameters of the query are ignored.
 *
 * @throws Error if the URL has another form. The message does not quote the URL, because it may contain a password
 */
export function parseRedisUrl(url: string): RedisTarget {
  try {
    const [, scheme = '', suffix = 'single', user = '', hosts = '', path = '', query] = FORM.exec(url) ?? [];
    const kind = suffix.toLowerCase() as RedisTarget['kind'];
    const groups = PATHS[kind].exec(path)?.groups;
    if (!groups) throw new Error('another path');
    const { masterName, database = '' } = groups;
    const parameters = new URLSearchParams(query);
    return {
      kind,
      tls: scheme.toLowerCase() === 'rediss',
      hosts: parseHosts(hosts, kind),
      ...(masterName === undefined ? {} : { masterName: decodeURIComponent(masterName) }),
      database: Number(database),
      credentials: parseUser(user),
      sentinelCredentials: credentialsOf(
        parameters.get('sentinelUsername') ?? '',
        parameters.get('sentinelPassword') ?? '',
      ),
    };
  } catch {
    // The errors of URL and decodeURIComponent contain what they were given.
    throw new Error(`The Redis URL must be ${REDIS_URL_FORM}.`);
  }
}

function parseHosts(text: string, kind: RedisTarget['kind']): RedisTarget['hosts'] {
  const hosts = text.split(',').map((item) => {
    const { hostname, port } = new URL(`redis://${item}`);
    if (hostname === '' || port === '0') throw new Error('no host or port');
    // In a URL, an IPv6 address has brackets. Node expects none.
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    return { host, port: port === '' ? DEFAULT_PORTS[kind] : Number(port) };
  });
  if (kind === 'single' && hosts.length > 1) throw new Error('several hosts');
  return hosts;
}

function parseUser(text: string): RedisCredentials {
  const colon = text.indexOf(':');
  const [username, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return credentialsOf(decodeURIComponent(username), decodeURIComponent(password));
}

function credentialsOf(username: string, password: string): RedisCredentials {
  return {
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
  };
}
