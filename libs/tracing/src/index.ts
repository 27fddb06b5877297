export { startTracing } from './start-tracing.js';
export { traceIdOf } from './traceparent.js';
export type { Span, Tracing } from './tracing.js';
