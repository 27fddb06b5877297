import type { Environment } from './environment.js';
import { isLoopback } from './loopback.js';
import { isTrustworthyUrl } from './variable.js';

/**
 * What is wrong with variables that are right by themselves but contradict each other.
 *
 * @param metricsPortIsSet whether `METRICS_PORT` was given, and is not the default
 */
export function contradictionsIn(environment: Environment, metricsPortIsSet: boolean): string[] {
  return [
    ...(metricsPortIsSet ? portContradictions(environment) : []),
    ...upstreamContradictions(environment),
    ...accessContradictions(environment),
  ];
}

function portContradictions({ PORT, METRICS_PORT }: Environment): string[] {
  return METRICS_PORT !== 0 && METRICS_PORT === PORT
    ? ['METRICS_PORT must not be PORT: metrics have a listener of their own (0 turns them off)']
    : [];
}

function upstreamContradictions(environment: Environment): string[] {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret } = environment;
  const complaints: string[] = [];
  if (id !== undefined && secret === undefined) {
    complaints.push('ALIBABA_CLOUD_ACCESS_KEY_SECRET must be set, since ALIBABA_CLOUD_ACCESS_KEY_ID is');
  }
  if (secret !== undefined && id === undefined) {
    complaints.push('ALIBABA_CLOUD_ACCESS_KEY_ID must be set, since ALIBABA_CLOUD_ACCESS_KEY_SECRET is');
  }
  if (environment.ALIBABA_CLOUD_SECURITY_TOKEN !== undefined && id === undefined && secret === undefined) {
    complaints.push('ALIBABA_CLOUD_SECURITY_TOKEN must not be set without the access key that it belongs to');
  }
  if (
    environment.OUTBOUNDBOT_PROTOCOL === 'http' &&
    !isLoopback(environment.OUTBOUNDBOT_ENDPOINT.replace(/:\d+$/, '')) &&
    !environment.OUTBOUNDBOT_ALLOW_PLAINTEXT
  ) {
    complaints.push(
      'OUTBOUNDBOT_PROTOCOL must be https, since OUTBOUNDBOT_ENDPOINT is not this machine ' +
        '(OUTBOUNDBOT_ALLOW_PLAINTEXT=true allows http all the same)',
    );
  }
  return complaints;
}

function accessContradictions(environment: Environment): string[] {
  const { AUTH_MODE: mode, AUTH_JWT_ISSUER: issuer, AUTH_JWT_JWKS_URL: jwksUrl } = environment;
  const complaints: string[] = [];
  if (mode === undefined) {
    const meant = (['AUTH_API_KEYS_FILE', 'AUTH_JWT_ISSUER', 'AUTH_JWT_JWKS_URL'] as const).find(
      (name) => environment[name] !== undefined,
    );
    if (meant !== undefined) complaints.push(`AUTH_MODE must be set, since ${meant} is`);
    else if (!isLoopback(environment.HOST)) {
      complaints.push(
        'AUTH_MODE must be set, since HOST lets others than this machine in ' +
          '(AUTH_MODE=none lets everyone read who can reach it)',
      );
    }
    return complaints;
  }
  // A value that failed its own check has its message already.
  if (!Array.isArray(mode)) return complaints;
  if (mode.includes('api-key') && environment.AUTH_API_KEYS_FILE === undefined) {
    complaints.push('AUTH_API_KEYS_FILE must be set, since AUTH_MODE names api-key');
  }
  if (mode.includes('jwt')) {
    for (const name of ['AUTH_JWT_ISSUER', 'AUTH_JWT_AUDIENCE'] as const) {
      if (environment[name] === undefined) complaints.push(`${name} must be set, since AUTH_MODE names jwt`);
    }
    if (issuer !== undefined && jwksUrl === undefined && !isTrustworthyUrl(issuer)) {
      complaints.push(
        'AUTH_JWT_ISSUER must be an https:// URL (http:// is for this machine only), since without ' +
          'AUTH_JWT_JWKS_URL the keys are found there',
      );
    }
  }
  return complaints;
}
