import type { Clock } from '@app/resilience';
import type { DestinationStream } from 'pino';

/** The most bytes that wait for the reader of the log: about 20,000 lines of requests. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** How many characters are encoded and written together. A pipe of Linux holds 64 KiB. */
const MAX_CHUNK = 65_536;

/** The first and the longest pause before the next attempt while the reader takes nothing, in milliseconds. */
const RETRY_MS = { first: 1, longest: 64 };

/** The pause after any other error, such as a full disk or a closed pipe, in milliseconds. */
const ERROR_RETRY_MS = 1000;

/** How long {@link LogBuffer.end} waits for the reader, in milliseconds. */
const END_MS = 2000;

/**
 * Keeps log lines while the reader of the log is slower than the gateway. It never waits, so a reader that stalls
 * cannot stop the gateway.
 *
 * Lines of one turn of the event loop are written together at its end: a write for each line would take an eighth of
 * the time of a cached answer (docs/adr/0011).
 *
 * When the buffer is full, new lines are dropped until the reader has taken everything. The lines that are kept show how
 * the stall began, and the log has one gap, which `onResumed` can report at its place.
 */
export class LogBuffer implements DestinationStream {
  /** Is called with the number of lost lines when the reader has taken everything that was kept. */
  onResumed: (lines: number) => void = () => undefined;

  private turn = '';
  private turnLines = 0;
  private readonly chunks: string[] = [];
  private current = Buffer.alloc(0);
  private waitingBytes = 0;
  private isRetrying = false;
  private error: string | undefined;
  private gap = 0;
  private dropped = 0;

  /**
   * @param writeSome writes bytes without waiting and returns how many were taken; throws EAGAIN if none can be taken
   */
  constructor(
    private readonly writeSome: (bytes: Buffer) => number,
    private readonly clock: Clock,
    private readonly maxBytes = MAX_WAITING_BYTES,
  ) {}

  /** The number of lines that were dropped so far. */
  get droppedLines(): number {
    return this.dropped;
  }

  /** @param line one line with its line feed */
  write(line: string): void {
    if (this.turnLines === 0) setImmediate(this.endTurn);
    this.turn += line;
    this.turnLines += 1;
    if (this.turn.length >= MAX_CHUNK) this.endTurn();
  }

  /**
   * Writes what the reader takes at once.
   *
   * @returns whether lines are left that the reader may still take
   */
  flush(): boolean {
    do {
      this.endTurn();
      this.drain();
      // `onResumed` may have written a line.
    } while (this.turnLines > 0);
    return this.waitingBytes > 0 && this.error === 'EAGAIN';
  }

  /** Resolves when the reader has taken all lines, when writing fails, or after two seconds. */
  async end(): Promise<void> {
    const giveUpAt = this.clock.now() + END_MS;
    while (this.flush() && this.clock.now() < giveUpAt) await this.clock.sleep(RETRY_MS.first);
  }

  private readonly endTurn = (): void => {
    if (this.turnLines === 0) return;
    const { turn, turnLines } = this;
    this.turn = '';
    this.turnLines = 0;
    this.keep(turn, turnLines);
    // While the reader has stalled, only the retries write: an attempt in each turn would cost an exception each time.
    if (this.isRetrying) return;
    this.drain();
    if (this.waitingBytes > 0) void this.retry();
  };

  private keep(text: string, lines: number): void {
    const bytes = Buffer.byteLength(text);
    if (this.gap > 0 || this.waitingBytes + bytes > this.maxBytes) {
      this.gap += lines;
      this.dropped += lines;
      return;
    }
    this.waitingBytes += bytes;
    const last = this.chunks.length - 1;
    const joined = (this.chunks[last] ?? '') + text;
    if (last < 0 || joined.length > MAX_CHUNK) this.chunks.push(text);
    else this.chunks[last] = joined;
  }

  private async retry(): Promise<void> {
    this.isRetrying = true;
    let pause = RETRY_MS.first;
    while (this.waitingBytes > 0) {
      await this.clock.sleep(this.error === 'EAGAIN' ? pause : ERROR_RETRY_MS);
      const before = this.waitingBytes;
      this.drain();
      pause = this.waitingBytes < before ? RETRY_MS.first : Math.min(2 * pause, RETRY_MS.longest);
    }
    this.isRetrying = false;
  }

  private drain(): void {
    while (this.waitingBytes > 0) {
      if (this.current.length === 0) this.current = Buffer.from(this.chunks.shift() ?? '');
      try {
        const written = this.writeSome(this.current);
        this.current = this.current.subarray(written);
        this.waitingBytes -= written;
      } catch (error) {
        this.error = (error as NodeJS.ErrnoException).code;
        return;
      }
    }
    if (this.gap === 0) return;
    const lines = this.gap;
    this.gap = 0;
    this.onResumed(lines);
  }
}
