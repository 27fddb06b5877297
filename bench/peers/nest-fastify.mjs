// Nest on Fastify with a guard that admits every caller. It sends the bytes and headers of the gateway's own response,
// looks nothing up and logs nothing: this is the lowest cost of a response on the framework of the gateway.
import 'reflect-metadata';

import { readFileSync } from 'node:fs';

import { Controller, Get, Module, Param, Res, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

const { headers: list, body } = JSON.parse(readFileSync(process.env.RESPONSE_FILE, 'utf8'));
const headers = {};
for (let index = 0; index < list.length; index += 2) headers[list[index]] = list[index + 1];

class OpenGuard {
  canActivate() {
    return true;
  }
}

class InstancesController {
  getInstance(id, reply) {
    reply.headers(headers).send(body);
  }
}
// Plain JavaScript has no decorators yet, so the decorator functions are called directly.
Controller('instances')(InstancesController);
UseGuards(OpenGuard)(InstancesController);
Param('id')(InstancesController.prototype, 'getInstance', 0);
Res()(InstancesController.prototype, 'getInstance', 1);
Get(':id')(
  InstancesController.prototype,
  'getInstance',
  Object.getOwnPropertyDescriptor(InstancesController.prototype, 'getInstance'),
);

class AppModule {}
Module({ controllers: [InstancesController] })(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.send({ url: await app.getUrl() });
process.once('disconnect', () => process.exit(0));
