import { describe, expect, it } from 'vitest';

import { SharedRequests } from './shared-requests.js';

/** A request that a test ends. */
class ManualRequest {
  readonly signals: AbortSignal[] = [];
  private readonly ends: { resolve: (value: string) => void; reject: (error: unknown) => void }[] = [];

  readonly start = (signal: AbortSignal): Promise<string> => {
    this.signals.push(signal);
    return new Promise((resolve, reject) => this.ends.push({ resolve, reject }));
  };

  resolve(value: string): void {
    this.ends.at(-1)!.resolve(value);
  }

  reject(error: unknown): void {
    this.ends.at(-1)!.reject(error);
  }
}

const settled = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('SharedRequests', () => {
  it('starts one request for parallel calls with the same key', async () => {
    const shared = new SharedRequests();
    const request = new ManualRequest();
    const calls = [1, 2, 3].map(() => shared.join('a', undefined, request.start));
    request.resolve('answer');
    expect(await Promise.all(calls)).toStrictEqual(['answer', 'answer', 'answer']);
    expect(request.signals).toHaveLength(1);
  });

  it('gives the same error to all callers', async () => {
    const shared = new SharedRequests();
    const request = new ManualRequest();
    const calls = [1, 2].map(() => settled(shared.join('a', undefined, request.start)));
    const error = new Error('failed');
    request.reject(error);
    expect(await Promise.all(calls)).toStrictEqual([error, error]);
  });

  it('starts a request for each key, and a new one after the end of the last one', async () => {
    const shared = new SharedRequests();
    const request = new ManualRequest();
    const first = shared.join('a', undefined, request.start);
    request.resolve('first');
    await first;
    void shared.join('a', undefined, request.start);
    void shared.join('b', undefined, request.start);
    expect(request.signals).toHaveLength(3);
  });

  it('rejects an aborted call at once and lets the request go on for the others', async () => {
    const shared = new SharedRequests();
    const request = new ManualRequest();
    const leaving = new AbortController();
    const left = settled(shared.join('a', leaving.signal, request.start));
    const stays = shared.join('a', undefined, request.start);
    const reason = new Error('enough');
    leaving.abort(reason);
    expect(await left).toBe(reason);
    expect(request.signals[0]!.aborted).toBe(false);
    request.resolve('answer');
    expect(await stays).toBe('answer');
  });

  it('aborts the request when all calls are aborted, and starts another one for the next call', async () => {
    const shared = new SharedRequests();
    const request = new ManualRequest();
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => settled(shared.join('a', signal, request.start)));
    controllers[0]!.abort();
    await calls[0];
    expect(request.signals[0]!.aborted).toBe(false);
    controllers[1]!.abort();
    await calls[1];
    expect(request.signals[0]!.aborted).toBe(true);

    const next = shared.join('a', undefined, request.start);
    expect(request.signals).toHaveLength(2);
    request.resolve('answer');
    expect(await next).toBe('answer');
  });

  it('keeps a newer request when an aborted one ends late', async () => {
    const shared = new SharedRequests();
    const old = new ManualRequest();
    const controller = new AbortController();
    const aborted = settled(shared.join('a', controller.signal, old.start));
    controller.abort();
    await aborted;
    const request = new ManualRequest();
    const first = shared.join('a', undefined, request.start);
    old.reject(new Error('aborted'));
    await new Promise((resolve) => setImmediate(resolve));
    const second = shared.join('a', undefined, request.start);
    request.resolve('answer');
    expect(await Promise.all([first, second])).toStrictEqual(['answer', 'answer']);
    expect(request.signals).toHaveLength(1);
  });
});
