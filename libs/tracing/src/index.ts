export { type SamplerName, type SamplerOptions, SAMPLERS } from './sampler-options.js';
export { startTracing } from './start-tracing.js';
export { traceIdOf } from './traceparent.js';
export type { Span, Tracing } from './tracing.js';
