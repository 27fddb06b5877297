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
 * An SVG of horizontal bars, each with a line from the lowest round to the highest.
 *
 * @param {{
 *   title: string, note: string, format: (value: number) => string,
 *   bars: { label: string, isOwn: boolean, median: number, min: number, max: number }[],
 * }} chart
 */
export function barChart({ title, note, format, bars }) {
  const highest = Math.max(...bars.map(({ max }) => max));
  const length = (value) => (value / highest) * (WIDTH - LABEL_WIDTH - VALUE_WIDTH);
  const parts = bars.flatMap(({ label, isOwn, median, min, max }, index) => {
    const y = 58 + index * (BAR + GAP);
    const middle = y + BAR / 2;
    const [start, end] = [min, max].map((value) => (LABEL_WIDTH + length(value)).toFixed(1));
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${middle + 4}" text-anchor="end">${escape(label)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${length(median).toFixed(1)}" height="${BAR}" class="${isOwn ? 'own' : 'peer'}"/>`,
      `<line x1="${start}" x2="${end}" y1="${middle}" y2="${middle}" class="spread"/>`,
      `<text x="${Number(end) + 8}" y="${middle + 4}">${escape(format(median))}</text>`,
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${58 + bars.length * (BAR + GAP) + GAP}" role="img">
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
