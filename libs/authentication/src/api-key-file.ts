import type { Clock } from '@app/resilience';

import { ApiKeyList, type KeyExpiry } from './api-key-list.js';
import type { Verdict } from './caller.js';
import { type KeyFileContent, keyFileStamp, readKeyFile } from './read-key-file.js';

/** How often the file is read, in milliseconds. A removed key is accepted for this long at most. */
const POLL_MS = 1000;

const DAY_MS = 86_400_000;
/** How long before its expiry a key is reported, in milliseconds. */
const NOTICE_MS = 14 * DAY_MS;

export interface ApiKeyFileListener {
  /** The file has changed, and its keys are in use now. */
  reloaded(count: number): void;
  /**
   * The file cannot be read or is invalid. The earlier keys stay in use. Called at each failed read.
   *
   * @param isNew whether the last read did not fail for the same reason
   */
  failed(error: Error, isNew: boolean): void;
  /** The file has no entry, so every key is rejected. Called at start, and after a change. */
  empty(): void;
  /** Keys have expired or will expire within 14 days. Called at start, after a change, and once a day. */
  expiring(keys: readonly KeyExpiry[]): void;
  /** The permissions of the file are unsafe. Called once, and again when the reason changes. */
  exposed(reason: string): void;
}

/**
 * The API keys of a file. A change of the file takes effect within a second.
 *
 * The file is polled, not watched: it is small, and a watcher misses how Kubernetes replaces a mounted file.
 */
export class ApiKeyFile {
  private readonly closing = new AbortController();
  private text: string | undefined;
  /** Of the file when it was last read. Reading a large file each second takes time from all callers. */
  private stamp: string | undefined;
  private list = ApiKeyList.parse('[]');
  /** The last invalid text, which is not parsed again at each check: a large file takes a tenth of a second. */
  private invalid: { readonly text: string; readonly error: unknown } | undefined;
  private lastFailure: string | undefined;
  private lastWarning: string | undefined;
  private expiryReportedAt = 0;

  private constructor(
    private readonly path: string,
    private readonly listener: ApiKeyFileListener,
    private readonly clock: Clock,
  ) {}

  /** @throws {WrongApiKeyFileError} if the file cannot be read, or is invalid */
  static async open(path: string, listener: ApiKeyFileListener, clock: Clock): Promise<ApiKeyFile> {
    const file = new ApiKeyFile(path, listener, clock);
    file.take(await readKeyFile(path));
    void file.poll();
    return file;
  }

  verify(key: string): Verdict {
    return this.list.verify(key, this.clock.wallTime());
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
      if (this.clock.now() - this.expiryReportedAt >= DAY_MS) this.reportExpiry();
    }
  }

  private async reload(): Promise<void> {
    // Taken before the file is read: a change in between has another stamp at the next check.
    const stamp = await keyFileStamp(this.path, this.clock.wallTime());
    if (stamp !== undefined && stamp === this.stamp) return;
    try {
      const content = await readKeyFile(this.path);
      if (this.take(content)) this.listener.reloaded(this.list.size);
      this.lastFailure = undefined;
      this.stamp = stamp;
    } catch (error) {
      this.stamp = undefined;
      const { message } = error as Error;
      this.listener.failed(error as Error, message !== this.lastFailure);
      this.lastFailure = message;
    }
  }

  /** @returns whether the text has changed, so that its keys are in use now */
  private take({ text, warning }: KeyFileContent): boolean {
    const hasChanged = text !== this.text;
    if (hasChanged) {
      this.list = this.parse(text);
      this.text = text;
      if (this.list.size === 0) this.listener.empty();
      this.reportExpiry();
    }
    if (warning !== undefined && warning !== this.lastWarning) this.listener.exposed(warning);
    this.lastWarning = warning;
    return hasChanged;
  }

  private parse(text: string): ApiKeyList {
    if (text === this.invalid?.text) throw this.invalid.error;
    try {
      const list = ApiKeyList.parse(text);
      this.invalid = undefined;
      return list;
    } catch (error) {
      this.invalid = { text, error };
      throw error;
    }
  }

  private reportExpiry(): void {
    this.expiryReportedAt = this.clock.now();
    const keys = this.list.expiringBefore(this.clock.wallTime() + NOTICE_MS);
    if (keys.length > 0) this.listener.expiring(keys);
  }
}
