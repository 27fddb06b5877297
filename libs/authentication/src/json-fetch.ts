import { Client, connectorFor, decodeBody, type Dispatcher, type Proxies } from '@app/http-client';

/** The longest that a request may take, in milliseconds. */
const TIMEOUT_MS = 3000;

/** The largest accepted answer, in bytes. */
const MAX_BYTES = 1_048_576;

/**
 * Fetches a JSON object from a token provider, through a proxy if one is configured for the URL. Redirects are not
 * followed, because they lead to an address that the operator has not configured.
 *
 * @throws Error if the answer is late, too large, not a JSON object, or has another status than 200
 */
export async function fetchJsonObject(url: string, proxies?: Proxies): Promise<Record<string, unknown>> {
  const { origin, pathname, search } = new URL(url);
  const connect = connectorFor(proxies?.proxyFor(url), TIMEOUT_MS);
  // Keys are fetched every few minutes, so the connection is not kept.
  const client = new Client(origin, { connect, pipelining: 0 });
  // An abort signal would not end a request that still waits for its connection.
  const timer = setTimeout(() => {
    void client.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
  }, TIMEOUT_MS);
  try {
    const json: unknown = JSON.parse(await fetchText(client, pathname + search));
    if (typeof json !== 'object' || json === null) throw new Error('the answer is not a JSON object');
    return json as Record<string, unknown>;
  } finally {
    clearTimeout(timer);
    void client.destroy();
  }
}

async function fetchText(client: Client, path: string): Promise<string> {
  const { statusCode, headers, body } = await request(client, path);
  if (statusCode >= 300 && statusCode < 400) throw new Error('unexpected redirect');
  if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  const coding = String(headers['content-encoding'] ?? 'identity');
  return new TextDecoder().decode(await decodeBody(Buffer.concat(chunks), coding, MAX_BYTES));
}

async function request(client: Client, path: string): Promise<Dispatcher.ResponseData> {
  try {
    const headers = { accept: 'application/json', 'accept-encoding': 'identity' };
    const response = await client.request({ path, method: 'GET', headers });
    // Destroying the client ends an unread body with an error.
    response.body.on('error', () => undefined);
    return response;
  } catch (error) {
    // The message of undici's error contains addresses, which must not reach the log.
    throw new Error('no answer', { cause: error });
  }
}
