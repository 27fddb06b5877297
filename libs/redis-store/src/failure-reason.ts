/** The codes of Redis' error replies that say what an operator must repair. */
const REPLY =
  /\b(READONLY|NOPERM|MISCONF|OOM|NOREPLICAS|MOVED|CROSSSLOT|CLUSTERDOWN|MASTERDOWN|WRONGPASS|NOAUTH|LOADING|BUSY|WRONGTYPE)\b/;

/** The codes of Node's errors. */
const NODE_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'DNS',
  EAI_AGAIN: 'DNS',
};

/** The errors of TLS and of certificates have many codes. */
const TLS = /^ERR_(TLS|SSL)|CERT|^EPROTO$|UNABLE_TO_/;

/** Replies without such a code, and errors of ioredis, by their texts. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  // An error of a script.
  [/The user executing the script can't/, 'NOPERM'],
  // Redis before version 6.
  [/invalid password/, 'WRONGPASS'],
  [/No such master with that name/, 'master-name'],
  [/unknown command '?`?sentinel/i, 'no-sentinel'],
  [/cluster support disabled/, 'no-cluster'],
  [/unknown command/, 'no-command'],
  [/before secure TLS connection was established/, 'TLS'],
  [/timed out|^timeout$/, 'timeout'],
];

/** ioredis answers thus without having sent a command. */
const NOT_CONNECTED =
  /Connection is closed|Stream isn't writeable|Cluster isn't ready|Reached the max retries/;

/**
 * Why an operation failed, in one word for the log: the code of Redis' reply in capitals, or what happened to the
 * connection. Undefined if the error says only that there is no connection.
 */
export function failureReason(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  if (!(error instanceof Error)) return 'unknown';
  const { message } = error;
  if (NOT_CONNECTED.test(message)) return undefined;

  const code = 'code' in error ? String(error.code) : '';
  if (TLS.test(code)) return 'TLS';
  const reason =
    REPLY.exec(message)?.[1] ?? TEXTS.find(([text]) => text.test(message))?.[1] ?? NODE_CODES[code];
  if (reason !== undefined) return reason;
  // The errors of Sentinel and Cluster quote the last error of a node.
  const quoted = Object.keys(NODE_CODES).find((name) => message.includes(name));
  if (quoted !== undefined) return NODE_CODES[quoted];
  const cause = 'lastNodeError' in error ? error.lastNodeError : undefined;
  return cause instanceof Error ? failureReason(cause) : 'unknown';
}

/** Whether an error is an answer of Redis. */
export function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
