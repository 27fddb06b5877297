import { Module } from '@nestjs/common';

import { DocsController } from './docs.controller.js';
import { OpenApiFile } from './openapi-file.js';

@Module({ controllers: [DocsController], providers: [OpenApiFile] })
export class DocsModule {}
