/** Makes an element. A string becomes text, never HTML, because the values are not trusted. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @param rows pairs of a term and its description; a row without a description is left out */
export function definitions(rows) {
  const known = rows.filter(([, description]) => description !== null && description !== undefined);
  return element(
    'dl',
    {},
    ...known.flatMap(([term, description]) => [
      element('dt', {}, term),
      element('dd', {}, description instanceof Node ? description : String(description)),
    ]),
  );
}

/** @param epochMs null for an unknown time */
export function time(epochMs, options = { dateStyle: 'medium' }) {
  if (epochMs === null) return '—';
  const date = new Date(epochMs);
  // A JavaScript date ends in the year 275760, an integer does not.
  if (Number.isNaN(date.getTime())) return String(epochMs);
  const text = new Intl.DateTimeFormat(undefined, options).format(date);
  return element('time', { datetime: date.toISOString() }, text);
}

export function tagList(tags) {
  if (tags.length === 0) return '—';
  const items = tags.map(({ key, value }) => element('li', {}, value ? `${key}: ${value}` : key));
  return element('ul', { class: 'tags' }, ...items);
}
