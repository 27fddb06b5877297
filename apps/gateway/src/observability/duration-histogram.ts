import type { Histogram, MetricValueWithName, Registry } from 'prom-client';

interface DurationHistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Upper bounds in seconds, in ascending order. One more bucket counts all longer durations. */
  readonly buckets: readonly number[];
}

/**
 * A histogram of durations, exposed by prom-client. The histogram of prom-client itself sorts and hashes the labels at
 * each observation, which makes a cached answer 3% more expensive (docs/adr/0011).
 */
export class DurationHistogram {
  private readonly series = new Map<string, Series>();

  constructor(
    private readonly options: DurationHistogramOptions,
    registry: Registry,
  ) {
    // The registry uses only the name and the `get` of a metric.
    registry.registerMetric(this as unknown as Histogram);
  }

  get name(): string {
    return this.options.name;
  }

  /**
   * The series with these label values, in the order of the label names. A label whose value is undefined is left out. A
   * new series is exposed at once, with zeros.
   */
  labels(...values: readonly (string | undefined)[]): Series {
    const key = values.join('\n');
    let series = this.series.get(key);
    if (!series) {
      series = new Series(this.options, values);
      this.series.set(key, series);
    }
    return series;
  }

  /** Called by the registry at scrape time. */
  get(): Promise<object> {
    const { name, help } = this.options;
    const values = [...this.series.values()].flatMap((series) => series.values());
    return Promise.resolve({ name, help, type: 'histogram', values, aggregator: 'sum' });
  }
}

class Series {
  private readonly counts: number[];
  private sum = 0;

  constructor(
    private readonly options: DurationHistogramOptions,
    private readonly labelValues: readonly (string | undefined)[],
  ) {
    this.counts = Array.from({ length: options.buckets.length + 1 }, () => 0);
  }

  /** @param duration in seconds */
  observe(duration: number): void {
    const { buckets } = this.options;
    let bucket = 0;
    while (bucket < buckets.length && duration > (buckets[bucket] ?? Infinity)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += duration;
  }

  /** The values of the series. In the format of Prometheus each bucket includes all lower ones. */
  values(): MetricValueWithName<string>[] {
    const { name, labelNames, buckets } = this.options;
    const labels = Object.fromEntries(
      labelNames.flatMap((label, index) => {
        const value = this.labelValues[index];
        return value === undefined ? [] : [[label, value]];
      }),
    );
    let count = 0;
    const counted = this.counts.map((more, bucket) => {
      count += more;
      const le = buckets[bucket] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...counted,
      { metricName: `${name}_sum`, labels, value: this.sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
