/**
 * Makes the base URL absolute, without a slash at the end. A browser resolves a relative URL against the page's URL. This
 * happens once, because the page may change its URL later.
 *
 * @throws TypeError that does not quote the URL, because it may contain a password; or if this platform has no Fetch API
 */
export function resolveBaseUrl(baseUrl: string): string {
  if (typeof Request === 'undefined') {
    throw new TypeError(
      'This platform has no Fetch API: Request is not defined. In Jest with jsdom, use the environment jest-fixed-jsdom.',
    );
  }
  const url = typeof baseUrl === 'string' ? resolveAsFetch(`${baseUrl.replace(/\/+$/, '')}/`) : undefined;
  if (url === undefined || !/^https?:[^?#]*$/.test(url)) {
    throw new TypeError(
      'baseUrl must be an http(s) URL without credentials, query or fragment. A relative URL works in a browser only.',
    );
  }
  return url.replace(/\/+$/, '');
}

function resolveAsFetch(url: string): string | undefined {
  try {
    return new Request(url).url;
  } catch {
    return undefined;
  }
}
