import { readFileSync } from 'node:fs';

import { Inject, Injectable } from '@nestjs/common';

import { FILES } from '../runtime/runtime.module.js';

/** The committed OpenAPI document, byte for byte, and the same document as YAML, made at the first request for YAML. */
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
