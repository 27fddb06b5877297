import { readFileSync } from 'node:fs';

import { Inject, Injectable } from '@nestjs/common';

import { FILES } from '../runtime.module.js';

/** The committed document, byte for byte, and the same in YAML, which is made only if somebody asks for it. */
@Injectable()
export class OpenApiFile {
  readonly json: string;
  private inYaml: string | undefined;

  constructor(@Inject(FILES) files: URL) {
    this.json = readFileSync(new URL('openapi.json', files), 'utf8');
  }

  async yaml(): Promise<string> {
    if (this.inYaml === undefined) {
      const { stringify } = await import('yaml');
      this.inYaml = stringify(JSON.parse(this.json));
    }
    return this.inYaml;
  }
}
