/** A provider that is slower is taken for down. */
const TIMEOUT_MS = 3000;
const MAX_BYTES = 1_048_576;

/**
 * Gets a JSON object from a provider. Redirects are not followed: they would lead to an address that nobody has
 * configured.
 *
 * @throws Error if there is none, in time and of a reasonable size
 */
export async function fetchJsonObject(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  const json: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (typeof json !== 'object' || json === null) throw new Error('the answer is no JSON object');
  return json as Record<string, unknown>;
}
