/** Every browser calls itself Mozilla, in its workers too. Node.js, Deno, Bun and Cloudflare Workers do not. */
export function isBrowser(): boolean {
  const { navigator } = globalThis as { readonly navigator?: { readonly userAgent?: string } };
  return navigator?.userAgent?.startsWith('Mozilla/') === true;
}

/**
 * Cloudflare Workers run many requests in one program, and do not let one of them wait for a connection of another: it would
 * fail or hang. Only Workers have this class, at every compatibility date.
 */
export function isCloudflareWorker(): boolean {
  return 'WebSocketPair' in globalThis;
}
