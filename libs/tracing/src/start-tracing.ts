import type { TracingOptions } from './otlp-tracing.js';
import type { Tracing } from './tracing.js';

/** Loads OpenTelemetry lazily, so that a gateway without tracing does not pay for it. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { OtlpTracing } = await import('./otlp-tracing.js');
  return new OtlpTracing(options);
}
