const WIDTH = 760;
const LABEL_WIDTH = 250;
const VALUE_WIDTH = 120;
const BAR = 20;
const GAP = 8;

/** Where the plot of a line chart lies. */
const PLOT = { left: 64, right: WIDTH - 20, top: 64, bottom: 300 };
/** The patterns of lines, so that they differ without colours too. */
const DASHES = ['', '7 4', '2 4'];

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 15px; font-weight: 600; }
.note { fill: #57606a; font-size: 12px; }
.own { fill: #0b7285; }
.peer { fill: #adb5bd; }
.spread { stroke: #495057; stroke-width: 1.5; }
.grid { stroke: #d0d7de; }
.line { fill: none; stroke-width: 2; }
.line0 { stroke: #0b7285; }
.line1 { stroke: #c2410c; }
.line2 { stroke: #7048e8; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .note { fill: #9198a1; }
  .own { fill: #3bc9db; }
  .peer { fill: #596068; }
  .spread { stroke: #ced4da; }
  .grid { stroke: #3d444d; }
  .line0 { stroke: #3bc9db; }
  .line1 { stroke: #ff922b; }
  .line2 { stroke: #b197fc; }
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
  const notes = [`<text x="0" y="38" class="note">${escape(note)}</text>`];
  return picture(title, 58 + bars.length * (BAR + GAP) + GAP, [...notes, ...parts]);
}

/**
 * An SVG of up to three lines through the same values of x, of which each has a point.
 *
 * @param {{
 *   title: string, x: { label: string, isLog?: boolean }, y: { label: string, isLog?: boolean },
 *   lines: { label: string, points: [number, number][] }[],
 * }} chart
 */
export function lineChart({ title, x, y, lines }) {
  const points = lines.flatMap((line) => line.points);
  const across = scale(
    points.map(([value]) => value),
    x.isLog,
    PLOT.left,
    PLOT.right,
  );
  const up = scale(
    points.map(([, value]) => value),
    y.isLog,
    PLOT.bottom,
    PLOT.top,
  );
  const grid = [
    ...up.ticks.map((value) => {
      const at = up.place(value);
      return (
        `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${at}" y2="${at}" class="grid"/>` +
        `<text x="${PLOT.left - 8}" y="${at + 4}" text-anchor="end" class="note">${short(value)}</text>`
      );
    }),
    ...across.ticks.map(
      (value) =>
        `<text x="${across.place(value)}" y="${PLOT.bottom + 20}" text-anchor="middle" class="note">${short(value)}</text>`,
    ),
    `<text x="${PLOT.left}" y="${PLOT.top - 10}" text-anchor="end" class="note">${escape(y.label)}</text>`,
    `<text x="${PLOT.right}" y="${PLOT.bottom + 42}" text-anchor="end" class="note">${escape(x.label)}</text>`,
  ];
  const drawn = lines.flatMap(({ label, points: ofLine }, index) => {
    const look = `class="line line${index}" stroke-dasharray="${DASHES[index]}"`;
    const corners = ofLine.map((point) => `${across.place(point[0])},${up.place(point[1])}`);
    const left = PLOT.left + index * 210;
    return [
      `<polyline points="${corners.join(' ')}" ${look}/>`,
      `<line x1="${left}" x2="${left + 28}" y1="34" y2="34" ${look}/>`,
      `<text x="${left + 36}" y="38">${escape(label)}</text>`,
    ];
  });
  return picture(title, PLOT.bottom + 50, [...grid, ...drawn]);
}

/** Places values between two coordinates: linearly from 0 on, or by their logarithm from one power of ten to another. */
function scale(values, isLog, start, end) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const order = isLog ? Math.log10 : (value) => value;
  const step = isLog ? 1 : roundStep(high);
  const from = isLog ? Math.floor(order(low)) : 0;
  const to = Math.max(from + step, Math.ceil(order(high) / step) * step);
  const marks = Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step);
  return {
    ticks: isLog ? marks.map((exponent) => 10 ** exponent) : marks,
    place: (value) => Math.round(start + ((order(value) - from) / (to - from)) * (end - start)),
  };
}

/** 1, 2 or 5 times a power of ten, so that four to nine steps lead to the highest value. */
function roundStep(high) {
  const power = 10 ** Math.floor(Math.log10(high / 4));
  return [5, 2, 1].map((factor) => factor * power).find((step) => high / step >= 4) ?? power;
}

function short(value) {
  return value.toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 3 });
}

function picture(title, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escape(title)}</title>
<style>${STYLE}
</style>
<text x="0" y="18" class="title">${escape(title)}</text>
${parts.join('\n')}
</svg>
`;
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
