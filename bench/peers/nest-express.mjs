// A first version without special care: Nest with its default adapter, and the SDK in a service. It makes three
// attempts with 200 ms between them, whatever the error is, and then answers 500. It has no cache and no limits. Behind a
// cache it has the variable CACHE_CONTROL, which it sends with each instance.
import 'reflect-metadata';

import { setTimeout as sleep } from 'node:timers/promises';

import { Controller, Get, Header, Injectable, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';

import { createClient, describeInstance } from './describe-instance.mjs';

const ATTEMPTS = 3;
const PAUSE_MS = 200;

class InstancesService {
  client = createClient();

  async get(id) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await describeInstance(this.client, id);
      } catch (error) {
        if (attempt >= ATTEMPTS) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }
}

class InstancesController {
  constructor(instances) {
    this.instances = instances;
  }

  getInstance(id) {
    return this.instances.get(id);
  }
}
// Plain JavaScript has no decorators yet, so the decorator functions are called directly.
Injectable()(InstancesService);
Controller('instances')(InstancesController);
Reflect.defineMetadata('design:paramtypes', [InstancesService], InstancesController);
Param('id')(InstancesController.prototype, 'getInstance', 0);
const route = Object.getOwnPropertyDescriptor(InstancesController.prototype, 'getInstance');
Get(':id')(InstancesController.prototype, 'getInstance', route);
const { CACHE_CONTROL } = process.env;
if (CACHE_CONTROL)
  Header('Cache-Control', CACHE_CONTROL)(InstancesController.prototype, 'getInstance', route);

class AppModule {}
Module({ controllers: [InstancesController], providers: [InstancesService] })(AppModule);

// The adapter is passed in, because Nest is installed one folder up and would not find the adapter in this folder.
const app = await NestFactory.create(AppModule, new ExpressAdapter());
await app.listen(0, '127.0.0.1');
process.send({ url: await app.getUrl() });
process.once('disconnect', () => process.exit(0));
