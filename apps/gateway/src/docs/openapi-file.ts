import { readFileSync } from 'node:fs';

import { Injectable } from '@nestjs/common';
import { stringify } from 'yaml';

/** The committed document, byte for byte, and the same in YAML. */
@Injectable()
export class OpenApiFile {
  /** The build puts a copy where the same path finds it from `dist`. */
  readonly json = readFileSync(new URL('../../../../openapi.json', import.meta.url), 'utf8');

  readonly yaml = stringify(JSON.parse(this.json));
}
