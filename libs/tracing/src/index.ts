export { type Span, startTracing, traceIdOf, type Tracing } from './tracing.js';
