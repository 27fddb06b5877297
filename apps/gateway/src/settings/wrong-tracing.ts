import { validateSync } from 'class-validator';

import { VARIABLE_GROUPS } from './environment.js';
import type { SettingWarning } from './settings.js';

type TracingVariables = InstanceType<typeof VARIABLE_GROUPS.Traces>;

/**
 * Replaces wrong values of OpenTelemetry's variables by their defaults, with a warning for each. The specification asks for
 * that, since platforms set these variables for all programs, and other programs know other values. Only a wrong collector
 * stays an error, unless traces are turned off: without it there would be no traces.
 */
export function ignoreWrongTracing(variables: TracingVariables): SettingWarning[] {
  const defaults = new VARIABLE_GROUPS.Traces();
  return validateSync(variables).flatMap(({ property, constraints = {} }) => {
    const setting = property as keyof TracingVariables;
    if (setting === 'OTEL_EXPORTER_OTLP_ENDPOINT' && (variables.OTEL_SDK_DISABLED as unknown) !== true)
      return [];
    Object.assign(variables, { [setting]: defaults[setting] });
    return [{ setting, hint: `It is ignored, since it ${Object.values(constraints).at(-1) ?? 'is wrong'}.` }];
  });
}
