import { Client, connectorFor, decodeBody, type Dispatcher, type Proxies } from '@app/http-client';

/** A provider that is slower is taken for down. */
const TIMEOUT_MS = 3000;
const MAX_BYTES = 1_048_576;

/**
 * Gets a JSON object from a provider, through a proxy if there is one for it. Redirects are not followed: they would lead
 * to an address that nobody has configured.
 *
 * @throws Error if there is none, in time and of a reasonable size
 */
export async function fetchJsonObject(url: string, proxies?: Proxies): Promise<Record<string, unknown>> {
  const { origin, pathname, search } = new URL(url);
  const connect = connectorFor(proxies?.proxyFor(url), TIMEOUT_MS);
  // A provider is asked once in minutes, so no connection is kept.
  const client = new Client(origin, { connect, pipelining: 0 });
  // A signal would not end what waits for a connection.
  const timer = setTimeout(() => {
    void client.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
  }, TIMEOUT_MS);
  try {
    const json: unknown = JSON.parse(await fetchText(client, pathname + search));
    if (typeof json !== 'object' || json === null) throw new Error('the answer is no JSON object');
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
    // What is left unread ends with the client.
    response.body.on('error', () => undefined);
    return response;
  } catch (error) {
    // Its message has addresses in it.
    throw new Error('no answer', { cause: error });
  }
}
