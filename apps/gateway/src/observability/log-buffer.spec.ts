import { setImmediate as turnOver } from 'node:timers/promises';

import { FakeClock } from '@app/resilience/testing';
import { describe, expect, it } from 'vitest';

import { LogBuffer } from './log-buffer.js';

const LINE = 'ten bytes\n';

/** A reader that takes `room` bytes, and fails with `error` beyond them. */
class Reader {
  text = '';
  writes = 0;
  room = Infinity;
  error = 'EAGAIN';

  readonly writeSome = (bytes: Buffer): number => {
    this.writes += 1;
    if (this.room === 0) throw Object.assign(new Error(this.error), { code: this.error });
    const taken = bytes.subarray(0, this.room);
    this.room -= taken.length;
    this.text += taken.toString('latin1');
    return taken.length;
  };
}

function setUp(maxBytes?: number) {
  const clock = new FakeClock();
  const reader = new Reader();
  const buffer = new LogBuffer(reader.writeSome, clock, maxBytes);
  const gaps: number[] = [];
  buffer.onResumed = (lines) => {
    gaps.push(lines);
    buffer.write(`${lines} lost\n`);
  };
  /** Lets this time pass in steps of a millisecond, so that every retry runs. */
  const pass = async (ms: number): Promise<void> => {
    for (let n = 0; n < ms; n += 1) {
      clock.advance(1);
      await turnOver();
    }
  };
  return { clock, reader, buffer, gaps, pass };
}

/** Writes lines, each in a turn of its own. */
async function writeLines(buffer: LogBuffer, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    buffer.write(LINE);
    await turnOver();
  }
}

describe('the buffer of the log', () => {
  it('writes the lines of one turn of the event loop together', async () => {
    const { reader, buffer } = setUp();
    buffer.write('a\n');
    buffer.write('b\n');
    expect(reader.text).toBe('');
    await turnOver();
    expect(reader).toMatchObject({ text: 'a\nb\n', writes: 1 });
  });

  it('writes a long turn before its end, so that the turn does not count as one huge line', () => {
    const { reader, buffer } = setUp(100_000);
    for (let n = 0; n < 50_000; n += 1) buffer.write(LINE);
    buffer.flush();
    expect(reader.text).toBe(LINE.repeat(50_000));
    expect(buffer.droppedLines).toBe(0);
  });

  it('keeps lines while the reader stalls, and writes them in order when the reader goes on', async () => {
    const { reader, buffer, pass } = setUp();
    reader.room = 13;
    await writeLines(buffer, 3);
    buffer.write('the last ☎\n');
    await turnOver();
    expect(reader.text).toBe('ten bytes\nten');
    reader.room = Infinity;
    await pass(100);
    expect(Buffer.from(reader.text, 'latin1').toString()).toBe(`${LINE.repeat(3)}the last ☎\n`);
    expect(buffer.droppedLines).toBe(0);
  });

  it('tries again after a millisecond as long as the reader takes something', async () => {
    const { reader, buffer, pass } = setUp();
    reader.room = 0;
    await writeLines(buffer, 10);
    await pass(1);
    for (let n = 1; n <= 5; n += 1) {
      reader.room = LINE.length;
      await pass(n === 1 ? 64 : 1);
      expect(reader.text).toBe(LINE.repeat(n));
    }
  });

  it('writes the lines of many turns together after a stall', async () => {
    const { reader, buffer, pass } = setUp();
    reader.room = 0;
    await writeLines(buffer, 100);
    reader.room = Infinity;
    reader.writes = 0;
    await pass(64);
    expect(reader.text).toBe(LINE.repeat(100));
    expect(reader.writes).toBeLessThanOrEqual(2);
  });

  it('tries seldom while the reader takes nothing, however many lines come', async () => {
    const { reader, buffer, pass } = setUp();
    reader.room = 0;
    await writeLines(buffer, 1);
    await pass(128);
    reader.writes = 0;
    await writeLines(buffer, 500);
    await pass(640);
    expect(reader.writes).toBeLessThanOrEqual(11);
    expect(reader.writes).toBeGreaterThanOrEqual(9);
  });

  it('drops new lines when it is full until the reader has taken all, and then reports one gap', async () => {
    const { reader, buffer, gaps, pass } = setUp(10 * LINE.length);
    reader.room = 0;
    await writeLines(buffer, 17);
    expect(buffer.droppedLines).toBe(7);
    reader.room = 9 * LINE.length;
    await pass(64);
    await writeLines(buffer, 2);
    expect(gaps).toStrictEqual([]);
    reader.room = Infinity;
    await pass(64);
    await writeLines(buffer, 1);
    expect(gaps).toStrictEqual([9]);
    expect(reader.text).toBe(`${LINE.repeat(10)}9 lost\n${LINE}`);
    expect(buffer.droppedLines).toBe(9);
  });

  it('counts each line of a dropped turn', async () => {
    const { reader, buffer } = setUp(LINE.length);
    reader.room = 0;
    await writeLines(buffer, 1);
    buffer.write(LINE);
    buffer.write(LINE);
    await turnOver();
    expect(buffer.droppedLines).toBe(2);
  });

  it('measures lines in bytes, not in characters', async () => {
    const { reader, buffer } = setUp(10);
    reader.room = 0;
    buffer.write('電話電\n');
    await turnOver();
    buffer.write('\n');
    await turnOver();
    expect(buffer.droppedLines).toBe(1);
  });

  it('tries a full disk or a closed pipe again each second, and continues in the middle of the cut line', async () => {
    const { reader, buffer, pass } = setUp();
    reader.error = 'ENOSPC';
    reader.room = 3;
    await writeLines(buffer, 2);
    reader.writes = 0;
    await pass(999);
    expect(reader.writes).toBe(0);
    reader.room = Infinity;
    await pass(1);
    expect(reader.text).toBe(LINE.repeat(2));
  });

  describe('at the end', () => {
    it('waits until a slow reader has taken all, the line about a gap included', async () => {
      const { clock, reader, buffer, pass } = setUp(2 * LINE.length);
      reader.room = 0;
      await writeLines(buffer, 3);
      const ended = buffer.end().then(() => clock.now());
      await pass(1500);
      reader.room = Infinity;
      await pass(1);
      expect(await ended).toBe(1501);
      expect(reader.text).toBe(`${LINE.repeat(2)}1 lost\n`);
    });

    it('waits two seconds for a reader that takes nothing', async () => {
      const { clock, reader, buffer, pass } = setUp();
      reader.room = 0;
      buffer.write(LINE);
      const ended = buffer.end().then(() => clock.now());
      await pass(2500);
      expect(await ended).toBe(2000);
    });

    it('does not wait when the reader has closed the pipe', async () => {
      const { clock, reader, buffer } = setUp();
      reader.room = 0;
      reader.error = 'EPIPE';
      buffer.write(LINE);
      await buffer.end();
      expect(clock.sleeps).not.toContain(1);
    });
  });
});
