/**
 * Tells whether the build context has a path. It supports only a `.dockerignore` that first excludes everything, then
 * includes paths again (`!path`), then excludes names in any folder (`**` and a name).
 */
export function contextFilter(dockerignore: string): (path: string) => boolean {
  const [first, ...patterns] = dockerignore
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== '*') throw new Error('contextFilter supports only a .dockerignore whose first line is "*".');
  const included = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const excluded = patterns
    .filter((pattern) => pattern.startsWith('**/'))
    .map((pattern) => new RegExp(`^${pattern.slice(3).replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
  if (included.length + excluded.length !== patterns.length)
    throw new Error('contextFilter supports only patterns that begin with "!" or "**/".');
  return (path) =>
    included.some(
      (entry) => path === entry || path.startsWith(`${entry}/`) || entry.startsWith(`${path}/`),
    ) && !path.split('/').some((name) => excluded.some((pattern) => pattern.test(name)));
}
