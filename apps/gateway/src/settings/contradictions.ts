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
    ...redisContradictions(environment),
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
  const messages: string[] = [];
  if (id !== undefined && secret === undefined) {
    messages.push('ALIBABA_CLOUD_ACCESS_KEY_SECRET must be set, since ALIBABA_CLOUD_ACCESS_KEY_ID is');
  }
  if (secret !== undefined && id === undefined) {
    messages.push('ALIBABA_CLOUD_ACCESS_KEY_ID must be set, since ALIBABA_CLOUD_ACCESS_KEY_SECRET is');
  }
  if (environment.ALIBABA_CLOUD_SECURITY_TOKEN !== undefined && id === undefined && secret === undefined) {
    messages.push('ALIBABA_CLOUD_SECURITY_TOKEN must not be set without the access key that it belongs to');
  }
  if (
    environment.OUTBOUNDBOT_PROTOCOL === 'http' &&
    !isLoopback(environment.OUTBOUNDBOT_ENDPOINT.replace(/:\d+$/, '')) &&
    !environment.OUTBOUNDBOT_ALLOW_PLAINTEXT
  ) {
    messages.push(
      'OUTBOUNDBOT_PROTOCOL must be https, since OUTBOUNDBOT_ENDPOINT is not this machine ' +
        '(OUTBOUNDBOT_ALLOW_PLAINTEXT=true allows http all the same)',
    );
  }
  return messages;
}

function redisContradictions(environment: Environment): string[] {
  const hasSecret =
    environment.REDIS_SECRET !== undefined || environment.ALIBABA_CLOUD_ACCESS_KEY_SECRET !== undefined;
  return environment.REDIS_URL === undefined || hasSecret
    ? []
    : [
        'REDIS_SECRET must be set, since REDIS_URL is and the access key is not: one secret for all replicas of an ' +
          'account, such as the output of openssl rand -hex 32',
      ];
}

function accessContradictions(environment: Environment): string[] {
  const { AUTH_MODE: mode, AUTH_JWT_ISSUER: issuer, AUTH_JWT_JWKS_URL: jwksUrl } = environment;
  const messages: string[] = [];
  if (mode === undefined) {
    const dependent = (['AUTH_API_KEYS_FILE', 'AUTH_JWT_ISSUER', 'AUTH_JWT_JWKS_URL'] as const).find(
      (name) => environment[name] !== undefined,
    );
    if (dependent !== undefined) messages.push(`AUTH_MODE must be set, since ${dependent} is`);
    else if (!isLoopback(environment.HOST)) {
      messages.push(
        'AUTH_MODE must be set, since HOST is reachable from other machines ' +
          '(with AUTH_MODE=none every client that reaches it may read everything)',
      );
    } else if (environment.TRUST_PROXY !== false) {
      messages.push(
        'AUTH_MODE must be set, since TRUST_PROXY says that callers come through a proxy ' +
          '(with AUTH_MODE=none every client that reaches the proxy may read everything)',
      );
    }
    return messages;
  }
  // A value that failed its own check has its message already.
  if (!Array.isArray(mode)) return messages;
  if (mode.includes('api-key') && environment.AUTH_API_KEYS_FILE === undefined) {
    messages.push('AUTH_API_KEYS_FILE must be set, since AUTH_MODE names api-key');
  }
  if (mode.includes('jwt')) {
    for (const name of ['AUTH_JWT_ISSUER', 'AUTH_JWT_AUDIENCE'] as const) {
      if (environment[name] === undefined) messages.push(`${name} must be set, since AUTH_MODE names jwt`);
    }
    if (issuer !== undefined && jwksUrl === undefined && !isTrustworthyUrl(issuer)) {
      messages.push(
        'AUTH_JWT_ISSUER must be an https:// URL (http:// is for this machine only), since without ' +
          'AUTH_JWT_JWKS_URL the keys are found there',
      );
    }
  }
  return messages;
}
