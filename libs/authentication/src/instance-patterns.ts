/** An instance id in which `*` matches any number of characters, also none. */
const INSTANCE_PATTERN = /^[A-Za-z0-9_*-]{1,64}$/;

export function isInstancePattern(item: unknown): item is string {
  return typeof item === 'string' && INSTANCE_PATTERN.test(item);
}

/** Creates a function that tells whether an id matches one of the patterns. */
export function instanceMatcher(patterns: readonly string[]): (instanceId: string) => boolean {
  const exact = new Set(patterns);
  const wildcards = patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split('*'));
  return (id) => exact.has(id) || wildcards.some((parts) => matches(id, parts));
}

/** Finds each part at its first position. This takes one pass over the id, so no pattern is slow. */
function matches(id: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop() ?? '';
  if (!id.startsWith(first) || !id.endsWith(last) || id.length < first.length + last.length) return false;
  const middle = id.slice(first.length, id.length - last.length);
  let from = 0;
  for (const part of rest) {
    const at = middle.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}
