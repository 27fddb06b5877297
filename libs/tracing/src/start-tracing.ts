import type { TracingOptions } from './otlp-tracing.js';
import type { Tracing } from './tracing.js';

/** Loads OpenTelemetry lazily, because a gateway without tracing does not need it. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { OtlpTracing } = await import('./otlp-tracing.js');
  return new OtlpTracing(options);
}
