import { readFileSync } from 'node:fs';

import { Injectable } from '@nestjs/common';

/** The committed document, byte for byte, and the same in YAML, which is made only if somebody asks for it. */
@Injectable()
export class OpenApiFile {
  /** The build puts a copy where the same path finds it from `dist`. */
  readonly json = readFileSync(new URL('../../../../openapi.json', import.meta.url), 'utf8');

  private inYaml: string | undefined;

  async yaml(): Promise<string> {
    if (this.inYaml === undefined) {
      const { stringify } = await import('yaml');
      this.inYaml = stringify(JSON.parse(this.json));
    }
    return this.inYaml;
  }
}
