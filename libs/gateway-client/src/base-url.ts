/**
 * The absolute URL that paths are appended to, without a slash at its end. A relative one is resolved as the browser
 * would, and now, so that it stays the same when the page changes its own address.
 *
 * @throws TypeError that does not quote it, as it may hold a password
 */
export function resolveBaseUrl(baseUrl: string): string {
  const url = asFetchReadsIt(`${baseUrl.replace(/\/+$/, '')}/`);
  if (url === undefined || !/^https?:[^?#]*$/.test(url)) {
    throw new TypeError(
      'baseUrl must be an http(s) URL without credentials, query or fragment; only a browser takes a relative one.',
    );
  }
  return url.replace(/\/+$/, '');
}

function asFetchReadsIt(url: string): string | undefined {
  try {
    return new Request(url).url;
  } catch {
    return undefined;
  }
}
