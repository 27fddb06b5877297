import { Controller, Get, Header, Redirect } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

import { OpenToAll } from '../access/open-to-all.js';
import { OpenApiFile } from './openapi-file.js';
import { SWAGGER_UI_PAGE, SWAGGER_UI_START } from './swagger-ui-page.js';

@OpenToAll()
@ApiExcludeController()
@Controller()
export class DocsController {
  constructor(private readonly file: OpenApiFile) {}

  @Get()
  @Redirect('/docs', 302)
  redirectToDocs(): void {
    // The `@Redirect` decorator sends the answer.
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  getPage(): string {
    return SWAGGER_UI_PAGE;
  }

  @Get('docs/start.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  getStart(): string {
    return SWAGGER_UI_START;
  }

  @Get('openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  getJson(): string {
    return this.file.json;
  }

  @Get('openapi.yaml')
  @Header('content-type', 'application/yaml; charset=utf-8')
  getYaml(): Promise<string> {
    return this.file.yaml();
  }
}
