import { readFileSync } from 'node:fs';

import { Inject, Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

import { StaticContent } from '../http/static-content.js';
import { FILES } from '../runtime/runtime.module.js';
import { Settings } from '../settings/settings.js';
import { servedDocument } from './served-document.js';
import { swaggerUiPage } from './swagger-ui-page.js';

/** The caller may keep a copy, but asks each time whether it is still right. */
export const REVALIDATED = 'no-cache';
/** For a name that changes with the content (RFC 8246). */
const IMMUTABLE = 'public, max-age=31536000, immutable';

interface File {
  readonly content: StaticContent;
  readonly cacheControl: string;
}

/** The OpenAPI document, and the page that shows it with its files. All of it is in memory. */
@Injectable()
export class Documentation {
  readonly json: StaticContent;
  readonly page: StaticContent;
  /** The files of the page. Each has two names: a plain one, and one with a digest of the content, which the page uses. */
  readonly files: ReadonlyMap<string, File>;
  private readonly document: OpenAPIObject;
  private inYaml: Promise<StaticContent> | undefined;

  constructor(
    @Inject(FILES) private readonly folder: URL,
    settings: Settings,
  ) {
    const files = new Map<string, File>();
    /** Returns the name with the digest. */
    const add = (base: string, extension: string, content: StaticContent): string => {
      const name = `${base}.${content.digest}.${extension}`;
      files.set(name, { content, cacheControl: IMMUTABLE });
      files.set(`${base}.${extension}`, { content, cacheControl: REVALIDATED });
      return name;
    };
    const asset = (folder: string, base: string, extension: string, type: string): string =>
      add(base, extension, new StaticContent(this.read(`${folder}/${base}.${extension}`), type));

    this.files = files;
    this.document = servedDocument(this.read('openapi.json').toString(), settings);
    const json = `${JSON.stringify(this.document, null, 2)}\n`;
    this.json = new StaticContent(json, 'application/json; charset=utf-8');
    const page = swaggerUiPage({
      icon: asset('swagger-ui', 'favicon-32x32', 'png', 'image/png'),
      style: asset('swagger-ui', 'swagger-ui', 'css', 'text/css; charset=utf-8'),
      ownStyle: asset('docs-page', 'page', 'css', 'text/css; charset=utf-8'),
      bundle: asset('swagger-ui', 'swagger-ui-bundle', 'js', 'text/javascript; charset=utf-8'),
      start: asset('docs-page', 'start', 'js', 'text/javascript; charset=utf-8'),
    });
    this.page = new StaticContent(page, 'text/html; charset=utf-8');
  }

  /** The OpenAPI document as YAML, which is made at its first request. */
  yaml(): Promise<StaticContent> {
    this.inYaml ??= this.toYaml();
    return this.inYaml;
  }

  private async toYaml(): Promise<StaticContent> {
    const { stringify } = await import('yaml');
    return new StaticContent(stringify(this.document), 'application/yaml; charset=utf-8');
  }

  private read(path: string): Buffer {
    return readFileSync(new URL(path, this.folder));
  }
}
