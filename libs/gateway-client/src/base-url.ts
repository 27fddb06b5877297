/**
 * Makes the base URL absolute, without a slash at the end. A browser resolves a relative URL against the page's URL. This
 * happens once, because the page may change its URL later.
 *
 * @throws TypeError that does not quote the URL, because it may contain a password
 */
export function resolveBaseUrl(baseUrl: string): string {
  const url = resolveAsFetch(`${baseUrl.replace(/\/+$/, '')}/`);
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
