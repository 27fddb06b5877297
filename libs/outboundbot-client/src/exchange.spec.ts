import { BodyTooLargeError, type Dispatcher } from '@app/http-client';
import { describe, expect, it } from 'vitest';

import type { Connection } from './connections.js';
import { Exchange } from './exchange.js';
import type { RawResponse } from './interpret-response.js';

const CONTROLLER = {} as Dispatcher.DispatchController;

/** A connection that does nothing by itself, and is told what happens on it. */
class ScriptedConnection {
  readonly sent: string[] = [];
  readonly cuts: Error[] = [];
  readonly withdrawn: Error[] = [];
  handler: Exchange | undefined;

  constructor(private requests = 0) {}

  use(): boolean {
    this.requests += 1;
    return this.requests > 1;
  }

  cut(reason: Error): void {
    this.cuts.push(reason);
    this.handler?.onResponseError(CONTROLLER, reason);
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Exchange): boolean {
    this.sent.push(request.path);
    this.handler = handler;
    return true;
  }

  /** Its socket is open, and the request goes out. */
  begin(): void {
    const controller = { abort: (reason: Error) => this.withdrawn.push(reason) };
    this.handler?.onRequestStart(controller as unknown as Dispatcher.DispatchController);
  }

  beginAnswer(): void {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- undici still calls it, and has no newer name for it
    this.handler?.onResponseStarted();
  }

  answer(status: number, headers: RawResponse['headers'], ...chunks: string[]): void {
    this.beginAnswer();
    this.handler?.onResponseStart(CONTROLLER, status, headers);
    for (const chunk of chunks) this.handler?.onResponseData(CONTROLLER, Buffer.from(chunk));
    this.handler?.onResponseEnd();
  }

  fail(code: string): void {
    this.handler?.onResponseError(CONTROLLER, Object.assign(new Error(code), { code }));
  }
}

function start(connection: ScriptedConnection, maxBytes = 10) {
  let signatures = 0;
  let resends = 0;
  let given = 0;
  const settled: (RawResponse | Error)[] = [];
  const exchange = new Exchange(
    () => ({ path: `/${(signatures += 1)}`, method: 'POST' }),
    maxBytes,
    () => (resends += 1),
    (response) => settled.push(response),
    (error) => settled.push(error),
  );
  exchange.start({
    take: (use) => {
      use(connection as unknown as Connection);
    },
    give: () => (given += 1),
  });
  return { exchange, first: () => settled[0], resends: () => resends, given: () => given };
}

const fresh = () => new ScriptedConnection();
const used = () => new ScriptedConnection(1);

describe('an exchange', () => {
  it('gives status, headers and the whole body', () => {
    const connection = fresh();
    const { first } = start(connection);
    connection.begin();
    connection.answer(200, { a: 'b' }, 'he', 'llo');
    expect(first()).toStrictEqual({ status: 200, headers: { a: 'b' }, body: Buffer.from('hello') });
  });

  it('passes over interim answers', () => {
    const connection = fresh();
    const { first } = start(connection);
    connection.begin();
    connection.handler?.onResponseStart(CONTROLLER, 103, { link: 'x' });
    connection.answer(404, {}, 'no');
    expect(first()).toStrictEqual({ status: 404, headers: {}, body: Buffer.from('no') });
  });

  it.each([
    ['announced', { 'content-length': '11' }, []],
    ['not announced', {}, ['123456', '78901']],
  ])('ends when the body is larger than the limit, %s', (_, headers, chunks) => {
    const connection = fresh();
    const { first } = start(connection);
    connection.begin();
    connection.answer(200, headers, ...chunks);
    expect(first()).toBeInstanceOf(BodyTooLargeError);
    expect(connection.cuts).toHaveLength(1);
  });

  it.each(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET'])(
    'sends again on the same place, signed anew, after %s on a used connection',
    (code) => {
      const connection = used();
      const { first, resends } = start(connection);
      connection.begin();
      connection.fail(code);
      expect(connection.sent).toStrictEqual(['/1', '/2']);
      expect(resends()).toBe(1);
      expect(first()).toBeUndefined();
      connection.answer(200, {}, 'ok');
      expect(first()).toMatchObject({ status: 200 });
    },
  );

  it('sends again only once', () => {
    const connection = used();
    const { first, resends } = start(connection);
    connection.begin();
    connection.fail('ECONNRESET');
    connection.begin();
    connection.fail('ECONNRESET');
    expect(resends()).toBe(1);
    expect(first()).toMatchObject({ code: 'ECONNRESET' });
  });

  it.each([
    ['on a new connection', fresh(), 'ECONNRESET', false],
    ['after a byte of the answer', used(), 'ECONNRESET', true],
    ['for another reason', used(), 'HPE_INVALID_CONSTANT', false],
  ])('does not send again %s', (_, connection, code, hasAnswerBegun) => {
    const { first, resends } = start(connection);
    connection.begin();
    if (hasAnswerBegun) connection.beginAnswer();
    connection.fail(code);
    expect(first()).toMatchObject({ code });
    expect(resends()).toBe(0);
  });

  it('does not send again what never went out, as no connection could be made', () => {
    const connection = used();
    const { first, resends } = start(connection);
    connection.fail('ECONNRESET');
    expect(first()).toMatchObject({ code: 'ECONNRESET' });
    expect(resends()).toBe(0);
  });

  it('cuts its connection when it is aborted, and does not take that for a dead one', () => {
    const connection = used();
    const { exchange, first, resends } = start(connection);
    connection.begin();
    const reason = Object.assign(new Error('time is up'), { code: 'ECONNRESET' });
    exchange.abort(reason);
    expect(connection.cuts).toStrictEqual([reason]);
    expect(first()).toBe(reason);
    expect(resends()).toBe(0);
  });

  it('fails at once when it is aborted while the connection is opened, and has that stopped', () => {
    const connection = fresh();
    const { exchange, first, given } = start(connection);
    const reason = new Error('time is up');
    exchange.abort(reason);
    expect(first()).toBe(reason);
    expect(connection.cuts).toStrictEqual([reason]);
    expect(given()).toBe(1);
  });

  it('never goes out when it is aborted before, even if its connection could not be stopped', () => {
    const connection = fresh();
    connection.cut = () => undefined;
    const { exchange } = start(connection);
    const reason = new Error('time is up');
    exchange.abort(reason);
    connection.begin();
    expect(connection.withdrawn).toStrictEqual([reason]);
  });

  it('gives its place back once, when it is over, and not for a resend', () => {
    const connection = used();
    const { given } = start(connection);
    connection.begin();
    connection.fail('ECONNRESET');
    expect(given()).toBe(0);
    connection.begin();
    connection.answer(200, {}, 'ok');
    expect(given()).toBe(1);
  });

  it('leaves the connection alone when it is aborted after its end', () => {
    const connection = fresh();
    const { exchange } = start(connection);
    connection.begin();
    connection.answer(200, {}, 'ok');
    exchange.abort(new Error('too late'));
    expect(connection.cuts).toStrictEqual([]);
  });
});
