import {
  Agent,
  decodeBody,
  type Dispatcher,
  type Proxies,
  ProxyAgent,
  proxyAgentOptions,
} from '@app/http-client';

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
  const proxy = proxies?.proxyFor(url);
  // A provider is asked once in minutes, so no connection is kept.
  const dispatcher = proxy ? new ProxyAgent(proxyAgentOptions(proxy)) : new Agent();
  try {
    const json: unknown = JSON.parse(await fetchText(url, dispatcher));
    if (typeof json !== 'object' || json === null) throw new Error('the answer is no JSON object');
    return json as Record<string, unknown>;
  } finally {
    void dispatcher.destroy();
  }
}

async function fetchText(url: string, dispatcher: Dispatcher): Promise<string> {
  const { statusCode, headers, body } = await request(url, dispatcher);
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

async function request(url: string, dispatcher: Dispatcher): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(url);
  try {
    const response = await dispatcher.request({
      origin,
      path: pathname + search,
      method: 'GET',
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // What is left unread ends with the dispatcher.
    response.body.on('error', () => undefined);
    return response;
  } catch (error) {
    // Its message has addresses in it.
    throw new Error('no answer', { cause: error });
  }
}
