import { readFile } from 'node:fs/promises';

import type { Clock } from '@app/resilience';

import { ApiKeyList, WrongApiKeyFileError } from './api-key-list.js';
import type { Verdict } from './caller.js';

/** How often the file is read, in milliseconds. A removed key is accepted for this long at most. */
const POLL_MS = 1000;

export interface ApiKeyFileListener {
  /** The file has changed, and its keys are in use now. */
  reloaded(count: number): void;
  /** The file cannot be read or is invalid. The earlier keys stay in use. */
  failed(error: Error): void;
}

/**
 * The API keys of a file. A change of the file takes effect within a second.
 *
 * The file is polled, not watched: it is small, and a watcher misses how Kubernetes replaces a mounted file.
 */
export class ApiKeyFile {
  private readonly closing = new AbortController();
  private lastFailure: string | undefined;

  private constructor(
    private readonly path: string,
    private text: string,
    private list: ApiKeyList,
    private readonly listener: ApiKeyFileListener,
    private readonly clock: Clock,
  ) {
    void this.poll();
  }

  /** @throws {WrongApiKeyFileError} if the file cannot be read, or is invalid */
  static async open(path: string, listener: ApiKeyFileListener, clock: Clock): Promise<ApiKeyFile> {
    const text = await read(path);
    return new ApiKeyFile(path, text, ApiKeyList.parse(text), listener, clock);
  }

  verify(key: string): Verdict {
    return this.list.verify(key);
  }

  /** Stops reading the file. */
  close(): void {
    this.closing.abort();
  }

  private async poll(): Promise<void> {
    const { signal } = this.closing;
    for (;;) {
      await this.clock.sleep(POLL_MS, signal);
      if (signal.aborted) return;
      await this.reload();
    }
  }

  private async reload(): Promise<void> {
    try {
      const text = await read(this.path);
      if (text !== this.text) {
        this.list = ApiKeyList.parse(text);
        this.text = text;
        this.listener.reloaded(this.list.size);
      }
      this.lastFailure = undefined;
    } catch (error) {
      this.report(error as Error);
    }
  }

  /** Reports a failure once, not again at every poll. */
  private report(error: Error): void {
    if (error.message === this.lastFailure) return;
    this.lastFailure = error.message;
    this.listener.failed(error);
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new WrongApiKeyFileError(`it cannot be read (${code ?? 'unknown reason'})`);
  }
}
