/** A number with about three digits that count. */
export function write(value) {
  if (value === null || value === undefined) return '';
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(digits, 3) });
}

/** The median and, of more than one round, the lowest and the highest. */
export function writeSpread(spread, writeOne = write) {
  if (spread === undefined) return '';
  const { median, min, max, rounds } = spread;
  if (rounds === 1 || writeOne(min) === writeOne(max)) return writeOne(median);
  return `${writeOne(median)} (${writeOne(min)}–${writeOne(max)})`;
}

/** A share as a percentage. One that is not whole never passes for it. */
export function percent(share) {
  if (share < 1 && share > 0.9999) return '>99.99%';
  return `${(share * 100).toLocaleString('en', { maximumFractionDigits: 2 })}%`;
}

/** A table in Markdown. */
export function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
