const WIDTH = 760;
const LABEL_WIDTH = 250;
const VALUE_WIDTH = 120;
const BAR = 20;
const GAP = 8;

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 15px; font-weight: 600; }
.note { fill: #57606a; font-size: 12px; }
.own { fill: #0b7285; }
.peer { fill: #adb5bd; }
.spread { stroke: #495057; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .note { fill: #9198a1; }
  .own { fill: #3bc9db; }
  .peer { fill: #596068; }
  .spread { stroke: #ced4da; }
}`;

/**
 * Horizontal bars, in groups, with a line from the lowest round to the highest.
 *
 * @param {{
 *   title: string, note: string, isLogarithmic?: boolean, write: (value: number) => string,
 *   groups: { label?: string, bars: { label: string, isOwn: boolean, median: number, min: number, max: number }[] }[],
 * }} chart
 */
export function barChart({ title, note, isLogarithmic = false, write, groups }) {
  const all = groups.flatMap(({ bars }) => bars);
  const highest = Math.max(...all.map(({ max }) => max));
  const lowest = Math.min(...all.map(({ min }) => min).filter((value) => value > 0));
  // A logarithmic scale has no zero: the shortest bar still shows.
  const from = Math.log10(lowest / 2);
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const length = (value) => {
    if (!isLogarithmic) return highest === 0 ? 0 : (value / highest) * room;
    return value <= 0 ? 0 : ((Math.log10(value) - from) / (Math.log10(highest) - from)) * room;
  };

  const parts = [];
  let y = 58;
  for (const { label, bars } of groups) {
    if (label !== undefined) {
      parts.push(`<text x="0" y="${y + 14}" class="note">${escape(label)}</text>`);
      y += 24;
    }
    for (const { label: name, isOwn, median, min, max } of bars) {
      const middle = y + BAR / 2;
      const [start, end] = [min, max].map((value) => (LABEL_WIDTH + length(value)).toFixed(1));
      parts.push(
        `<text x="${LABEL_WIDTH - 10}" y="${middle + 4}" text-anchor="end">${escape(name)}</text>`,
        `<rect x="${LABEL_WIDTH}" y="${y}" width="${Math.max(1, length(median)).toFixed(1)}" height="${BAR}" class="${isOwn ? 'own' : 'peer'}"/>`,
        `<line x1="${start}" x2="${end}" y1="${middle}" y2="${middle}" class="spread"/>`,
        `<text x="${(LABEL_WIDTH + Math.max(length(median), length(max)) + 8).toFixed(1)}" y="${middle + 4}">${escape(write(median))}</text>`,
      );
      y += BAR + GAP;
    }
    y += GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img">
<title>${escape(title)}</title>
<style>${STYLE}
</style>
<text x="0" y="18" class="title">${escape(title)}</text>
<text x="0" y="38" class="note">${escape(note)}</text>
${parts.join('\n')}
</svg>
`;
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
