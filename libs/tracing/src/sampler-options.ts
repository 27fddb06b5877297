/** The values of `OTEL_TRACES_SAMPLER` in OpenTelemetry's specification that need no other service. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export type SamplerName = (typeof SAMPLERS)[number];

export interface SamplerOptions {
  readonly name: SamplerName;
  /** From 0 to 1: the share of traces that a sampler with `traceidratio` in its name exports. */
  readonly ratio: number;
}
