import type { Fault } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { KeyFile } from './api-keys.js';
import { SAMPLE_ID, startStack } from './gateway.js';
import { AUDIENCE, OpenIdProvider } from './openid-provider.js';

/** A request, and the path of the OpenAPI document that it belongs to. */
export interface ProvokingRequest {
  readonly documentedPath: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another method than the documented one. */
  readonly method?: 'POST';
  /** Only the gateway itself can be asked like this: a proxy would not pass the request on, or not as it is. */
  readonly isDirect?: boolean;
}

const LIMIT = 50;
/** How many times the limit of a caller that of an address is. */
const ADDRESS_FACTOR = 20;
const HTML = { accept: 'text/html' };
const PNG = { accept: 'image/png' };
const MALFORMED_HOST = { host: 'a b' };
const ORIGIN = 'https://page.example.com';

const FAULTS: readonly Fault[] = [
  { kind: 'error', code: 'InternalError' },
  { kind: 'error', code: 'Throttling.User' },
  { kind: 'hang' },
];

/** A gateway that has every status to show, and its emulator. */
export async function startProvokedStack() {
  const file = new KeyFile();
  const key = file.add('reader', '*');
  const limited = file.add('limited', 'another-instance');
  const busy = file.add('busy', '*');
  file.write();
  const provider = await OpenIdProvider.start();
  const stack = await startStack({
    AUTH_MODE: 'api-key,jwt',
    AUTH_API_KEYS_FILE: file.path,
    AUTH_JWT_ISSUER: provider.issuer,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    CORS_ORIGINS: ORIGIN,
    RATE_LIMIT_REQUESTS: String(LIMIT),
    RATE_LIMIT_WINDOW_S: '600',
    UPSTREAM_DEADLINE_MS: '500',
    UPSTREAM_BREAKER_FAILURE_RATIO: '0',
    UPSTREAM_RETRY_BUDGET_RATIO: '10',
  });
  const { emulator, gateway } = stack;
  const asReader = { 'x-api-key': key };
  const asBusy = { 'x-api-key': busy };

  /**
   * The requests for every status that the emulator can provoke. Each one has to be answered before the next one is
   * taken, because what the gateway answers depends on what was asked before.
   */
  async function* requests(): AsyncGenerator<ProvokingRequest> {
    const list = (more: Partial<ProvokingRequest> = {}): ProvokingRequest => ({
      documentedPath: '/instances',
      path: '/instances',
      headers: asReader,
      ...more,
    });
    const instance = (more: Partial<ProvokingRequest> = {}): ProvokingRequest => ({
      documentedPath: '/instances/{id}',
      path: `/instances/${SAMPLE_ID}`,
      headers: asReader,
      ...more,
    });

    // While nothing is cached.
    for (const one of [list, instance]) {
      yield one({ headers: { ...asReader, 'cache-control': 'only-if-cached' } });
      for (const fault of FAULTS) {
        emulator.faults.add(fault);
        yield one();
        emulator.reset();
      }
    }

    const withoutScope = { authorization: `Bearer ${await provider.token('something:else')}` };
    for (const one of [list, instance]) {
      yield one();
      yield one();
      yield one({ headers: { ...asReader, 'if-none-match': '*' } });
      yield one({ headers: { 'x-request-id': 'of-the-caller' } });
      yield one({ headers: { authorization: 'Bearer wrong' } });
      yield one({ headers: withoutScope });
      yield one({ headers: { ...asReader, ...HTML } });
    }
    yield list({ path: '/instances?tag=age:20&tag=age&sort=-creationTime&pageSize=1' });
    yield list({ path: `/instances?id=${SAMPLE_ID},no-such-instance&page=2` });
    yield list({ path: '/instances?page=0', isDirect: true });
    yield instance({ headers: { 'x-api-key': limited } });
    yield instance({ path: '/instances/no-such-instance' });
    yield instance({ path: '/instances/no-such-instance' });
    yield instance({ path: '/instances/a.b', isDirect: true });
    yield instance({ path: '/instances/%zz', isDirect: true });

    const problems = { documentedPath: '/problems', path: '/problems' };
    const problem = { documentedPath: '/problems/{code}', path: '/problems/upstream-error' };
    for (const one of [problems, problem]) {
      yield one;
      yield { ...one, path: `${one.path}?lang=zh-Hant` };
      yield { ...one, headers: HTML };
      yield { ...one, headers: PNG };
    }
    yield { ...problem, path: '/problems/of-a-newer-gateway' };
    yield { ...problem, path: '/problems/of-a-newer-gateway', headers: HTML };

    const health = ['/health/live', '/health/ready'].map((path) => ({ documentedPath: path, path }));
    yield* health;
    for (const one of [list(), instance(), problems, problem, ...health]) {
      yield { ...one, headers: MALFORMED_HOST, isDirect: true };
      yield { ...one, path: `/wrong-base${one.path}`, isDirect: true };
      yield { ...one, method: 'POST', isDirect: true };
    }

    for (let count = 0; count < LIMIT; count += 1) await gateway.http.get('/instances').set(asBusy);
    yield list({ headers: asBusy });
    yield instance({ headers: asBusy });
    for (let count = 0; count < ADDRESS_FACTOR * LIMIT; count += 1) await gateway.http.head('/problems');
    yield problems;
    yield problem;
  }

  return {
    gateway,
    requests,
    close: async () => {
      await stack.close();
      await provider.pause();
      file.delete();
    },
  };
}
