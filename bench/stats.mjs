/** The middle value; of an even number of values the mean of the two in the middle. */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** What the rounds of one figure came to. */
export function spread(values) {
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    rounds: values.length,
  };
}

/** The nearest-rank percentile of sorted values; null if there are none. */
function percentile(sorted, percent) {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

/** The percentiles of latencies in milliseconds. */
export function latencyOf(latencies) {
  const sorted = Float64Array.from(latencies).sort();
  return {
    p50: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p99: percentile(sorted, 99),
    p999: percentile(sorted, 99.9),
    max: sorted.at(-1) ?? null,
  };
}

/** The spread of every number in objects of one shape, nested ones too. A number that one of them lacks is left out. */
export function spreadEach(samples) {
  const keys = Object.keys(samples[0]);
  const entries = keys.map((key) => {
    const values = samples.map((sample) => sample[key]);
    if (values.every((value) => typeof value === 'number')) return [key, spread(values)];
    if (values.every((value) => typeof value === 'object' && value !== null))
      return [key, spreadEach(values)];
    return [key, undefined];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** What was measured of a contender in a scenario; undefined if nothing was. */
export function rowOf({ scenarios }, scenario, contender) {
  return scenarios[scenario]?.find((row) => row.contender === contender);
}

/** The spread of the ratios of requests a second within each round. */
export function ratios(samples, peerSamples) {
  return spread(samples.map(({ rps }, round) => rps / peerSamples[round].rps));
}

/** The same for two contenders of a scenario; undefined if one of them was not measured. */
export function ratioOf(results, scenario, contender, peer) {
  const [own, other] = [contender, peer].map((name) => rowOf(results, scenario, name)?.samples);
  return own && other && ratios(own, other);
}
