import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file of API keys that a test can change. */
export class KeyFile {
  private readonly folder = mkdtempSync(join(tmpdir(), 'api-keys-'));
  readonly path = join(this.folder, 'keys.json');
  private readonly entries: { name: string; sha256: string; instances: string[] }[] = [];

  /** Makes a key that may read these instances. It is valid after `write()`. */
  add(name: string, ...instances: string[]): string {
    const key = randomBytes(16).toString('hex');
    this.entries.push({ name, sha256: createHash('sha256').update(key).digest('hex'), instances });
    return key;
  }

  remove(name: string): void {
    this.entries.splice(
      this.entries.findIndex((entry) => entry.name === name),
      1,
    );
  }

  /** @param content written instead of the keys that were added */
  write(content = JSON.stringify(this.entries)): void {
    writeFileSync(this.path, content, { mode: 0o600 });
  }

  delete(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
