/** The middle one; NaN of nothing. */
export function median(values) {
  return percentile(values, 0.5);
}

/** @param part from 0 to 1 */
export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(part * (sorted.length - 1))] ?? NaN;
}

/** How much y grows with each unit of x (least squares). */
export function slope(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)];
  const deviation = mean(([x, y]) => (x - meanX) * (y - meanY));
  return deviation / mean(([x]) => (x - meanX) ** 2);
}

/** Prometheus' text format as values by series, such as `name{label="value"}`. */
export async function scrape(url) {
  const lines = (await (await fetch(url)).text()).split('\n');
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}
