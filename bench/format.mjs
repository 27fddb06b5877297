/** A number with about three significant digits. */
export function number(value) {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(digits, 3) });
}

/** A ratio as a percentage. A ratio below 1 is never rounded up to 100%. */
export function percent(ratio) {
  if (ratio < 1 && ratio > 0.9999) return '>99.99%';
  return `${(ratio * 100).toLocaleString('en', { maximumFractionDigits: 2 })}%`;
}

/** The median, with the lowest and the highest value if these differ. Empty for a figure that was not measured. */
export function spreadText(spread, format = number) {
  if (spread === undefined) return '';
  const { median, min, max } = spread;
  return format(min) === format(max) ? format(median) : `${format(median)} (${format(min)}–${format(max)})`;
}

/** A table in Markdown. */
export function table(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
