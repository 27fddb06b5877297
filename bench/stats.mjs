/** The middle value; of an even number of values the mean of the two in the middle. */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of one figure over all rounds, with its lowest and its highest value. */
export function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The spread of each number in samples with the same members. A number that one sample lacks is left out. */
export function spreadEach(samples) {
  const keys = Object.keys(samples[0]).filter((key) =>
    samples.every((sample) => Number.isFinite(sample[key])),
  );
  return Object.fromEntries(keys.map((key) => [key, spread(samples.map((sample) => sample[key]))]));
}

/**
 * The spread of the ratios of one figure within each round. A disturbance in a round affects both sides of its ratio.
 */
export function ratios(samples, otherSamples, key) {
  return spread(samples.map((sample, round) => sample[key] / otherSamples[round][key]));
}

/** The percentiles (nearest rank) of latencies in milliseconds; undefined if there are no latencies. */
export function latencyOf(latencies) {
  if (latencies.length === 0) return undefined;
  const sorted = Float64Array.from(latencies).sort();
  const percentile = (percent) => sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
  return {
    p50: percentile(50),
    p90: percentile(90),
    p99: percentile(99),
    p999: percentile(99.9),
    max: sorted.at(-1),
  };
}

/** The slope of the line that fits points of x and y best (least squares). */
export function slope(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [0, 1].map((axis) => mean(points.map((point) => point[axis])));
  const sum = (of) => points.reduce((total, [x, y]) => total + of(x - meanX, y - meanY), 0);
  return sum((dx, dy) => dx * dy) / sum((dx) => dx * dx);
}
