import { readFile } from 'node:fs/promises';

import type { Clock } from '@app/resilience';

import { ApiKeyList, WrongApiKeyFileError } from './api-key-list.js';
import type { Verdict } from './caller.js';

/** How often the file is looked at, in milliseconds: this long a key that was taken out may still be used. */
const POLL_MS = 1000;

export interface ApiKeyFileListener {
  /** The file has changed, and its keys now count. */
  reloaded(count: number): void;
  /** The file cannot be read or is wrong. The keys that it had before go on counting. */
  failed(error: Error): void;
}

/**
 * The API keys of a file, which may be changed at any time.
 *
 * The file is read again and again rather than watched: it is small, and file systems that are mounted into containers
 * replace it in ways that no watcher sees.
 */
export class ApiKeyFile {
  private readonly closing = new AbortController();
  private failure: string | undefined;

  private constructor(
    private readonly path: string,
    private text: string,
    private list: ApiKeyList,
    private readonly listener: ApiKeyFileListener,
    private readonly clock: Clock,
  ) {
    void this.follow();
  }

  /** @throws {WrongApiKeyFileError} if it cannot be read, or is wrong */
  static async open(path: string, listener: ApiKeyFileListener, clock: Clock): Promise<ApiKeyFile> {
    const text = await read(path);
    return new ApiKeyFile(path, text, ApiKeyList.parse(text), listener, clock);
  }

  verify(key: string): Verdict {
    return this.list.verify(key);
  }

  /** Stops looking at the file. */
  close(): void {
    this.closing.abort();
  }

  private async follow(): Promise<void> {
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
      this.failure = undefined;
    } catch (error) {
      this.complain(error as Error);
    }
  }

  /** Once for each thing that is wrong, not at every look. */
  private complain(error: Error): void {
    if (error.message === this.failure) return;
    this.failure = error.message;
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
