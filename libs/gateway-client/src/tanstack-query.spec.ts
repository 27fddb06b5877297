import { readFileSync } from 'node:fs';

import { QueryClient } from '@tanstack/query-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createGatewayClient, type GatewayClientOptions } from './create-gateway-client.js';
import { GatewayError } from './gateway-error.js';
import { problemResponse } from './testing/problem.js';

interface Recipe {
  readonly queryClient: QueryClient;
  readonly instanceQuery: (id: string) => { queryKey: readonly string[]; queryFn: () => Promise<unknown> };
}

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, RECIPE = ''] = /## TanStack Query[^]*?```js\n([^]*?)```/.exec(README) ?? [];

/** Runs the recipe of the README with a client that has this `fetch`. */
function runRecipe(fetch: NonNullable<GatewayClientOptions['fetch']>): Recipe {
  const body = RECIPE.replace(/^import .*$/gm, '').replaceAll('export const', 'const');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- The recipe is a part of this package's README.
  const recipe = new Function(
    'QueryClient',
    'createGatewayClient',
    'GatewayError',
    `${body}
    return { queryClient, instanceQuery };
  `,
  ) as (...names: unknown[]) => Recipe;
  return recipe(
    QueryClient,
    (options: GatewayClientOptions) =>
      createGatewayClient({ ...options, baseUrl: 'http://gateway.test', fetch }),
    GatewayError,
  );
}

/** Answers each request with the next step; the last one repeats. */
function scripted(...steps: ((request: Request) => Response | Promise<Response>)[]) {
  const requests: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    requests.push(request);
    return steps[Math.min(requests.length, steps.length) - 1]!(request);
  };
  return { requests, ...runRecipe(fetch) };
}

const instance = () => Response.json({ instanceId: 'a' });
const settled = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('the recipe for TanStack Query', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('waits as long as Retry-After says, and up to a fifth longer, before the only retry of the error', async () => {
    const throttled = () => problemResponse('upstream-throttled', { retryAfterS: 2 });
    const { requests, queryClient, instanceQuery } = scripted(throttled, instance);
    const query = queryClient.query(instanceQuery('a'));
    await vi.advanceTimersByTimeAsync(1999);
    expect(requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(401);
    expect(await query).toMatchObject({ instanceId: 'a' });
    expect(requests).toHaveLength(2);
  });

  it('makes four requests if the gateway cannot be reached, and not twice as many', async () => {
    const { requests, queryClient, instanceQuery } = scripted(() => Promise.reject(new TypeError('failed')));
    const query = settled(queryClient.query(instanceQuery('a')));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await query).toMatchObject({ code: 'network-error' });
    expect(requests).toHaveLength(4);
  });

  it.each([
    ['an error that stays', () => problemResponse('instance-not-found'), 'instance-not-found'],
    ['a wait that is too long', () => problemResponse('overloaded', { retryAfterS: 11 }), 'overloaded'],
  ])('does not retry %s', async (_, step, code) => {
    const { requests, queryClient, instanceQuery } = scripted(step);
    expect(await settled(queryClient.query(instanceQuery('a')))).toMatchObject({ code });
    expect(requests).toHaveLength(1);
  });

  it('reads an instance again only after five seconds', async () => {
    const { requests, queryClient, instanceQuery } = scripted(instance);
    await queryClient.query(instanceQuery('a'));
    await vi.advanceTimersByTimeAsync(4999);
    await queryClient.query(instanceQuery('a'));
    expect(requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await queryClient.query(instanceQuery('a'));
    expect(requests).toHaveLength(2);
  });

  it('cancels the request with the query', async () => {
    const { requests, queryClient, instanceQuery } = scripted(() => new Promise<Response>(() => undefined));
    const query = settled(queryClient.query(instanceQuery('a')));
    await vi.advanceTimersByTimeAsync(0);
    expect(requests[0]!.signal.aborted).toBe(false);
    await queryClient.cancelQueries(instanceQuery('a'));
    await query;
    expect(requests[0]!.signal.aborted).toBe(true);
  });
});
