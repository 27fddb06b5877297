import { isLosslessNumber } from 'lossless-json';

const declaration = '<?xml version="1.0" encoding="UTF-8"?>';

/**
 * Writes a tree as the service does: one element for each member, and none for null.
 *
 * A list whose name is a plural becomes one element that holds the items: `Instances` holds `Instance` elements. The items
 * of any other list become elements with the name of the list.
 */
export function writeXml(rootName: string, value: unknown): string {
  return declaration + element(rootName, value);
}

function element(name: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (!Array.isArray(value)) return wrap(name, content(value));
  const items = (itemName: string): string => value.map((item) => element(itemName, item)).join('');
  return plural.test(name) ? wrap(name, items(name.slice(0, -1))) : items(name);
}

const plural = /.s$/;

function wrap(name: string, inner: string): string {
  const tag = elementName(name);
  return `<${tag}>${inner}</${tag}>`;
}

function content(value: unknown): string {
  // A number that keeps its text is an object, but must be written as a plain value.
  if (typeof value !== 'object' || value === null || isLosslessNumber(value))
    return escapeText(String(value));
  return Object.entries(value)
    .map(([name, member]) => element(name, member))
    .join('');
}

// XML parsers read a carriage return as a line feed (XML 1.0, section 2.11), so it is written as a reference.
const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
};

function escapeText(text: string): string {
  return replaceForbidden(text).replace(/[&<>"'\r]/g, (character) => references[character] ?? character);
}

// XML 1.0, section 2.2 allows these characters not even as references.
function replaceForbidden(text: string): string {
  return text.replace(/(?![\t\n\r])\p{Cc}(?<![\u007f-\u009f])|\p{Surrogate}|[\ufffe\uffff]/gu, '\ufffd');
}

function elementName(name: string): string {
  const cleaned = name.replace(/[^\p{L}\p{N}_.-]/gu, '_');
  return /^[\p{L}_]/u.test(cleaned) ? cleaned : `_${cleaned}`;
}
