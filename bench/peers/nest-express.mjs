// What a team writes on its first day: Nest as it comes (on Express), the SDK in a service, three tries at whatever
// goes wrong with a fixed pause between them, and a 500 if all fail. No cache, no limits. It is plain JavaScript, so
// the decorators are called by hand; they do what they do in TypeScript.
import 'reflect-metadata';

import { setTimeout as sleep } from 'node:timers/promises';

import { Controller, Get, Inject, Injectable, Module, Param } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
// Under its own name it would count as a part of @nestjs/core, and so of production.
import { ExpressAdapter } from 'nest-platform-express';

import { createClient, describeInstance } from './describe-instance.mjs';

class InstancesService {
  constructor(config) {
    this.tries = config.get('TRIES', 3);
    this.pauseMs = config.get('PAUSE_MS', 200);
    this.client = createClient();
  }

  async get(id) {
    for (let number = 1; ; number += 1) {
      try {
        return await describeInstance(this.client, id);
      } catch (error) {
        if (number >= this.tries) throw error;
        await sleep(this.pauseMs);
      }
    }
  }
}
Injectable()(InstancesService);
Inject(ConfigService)(InstancesService, undefined, 0);

class InstancesController {
  constructor(instances) {
    this.instances = instances;
  }

  getInstance(id) {
    return this.instances.get(id);
  }
}
Controller('instances')(InstancesController);
Inject(InstancesService)(InstancesController, undefined, 0);
Param('id')(InstancesController.prototype, 'getInstance', 0);
Get(':id')(
  InstancesController.prototype,
  'getInstance',
  Object.getOwnPropertyDescriptor(InstancesController.prototype, 'getInstance'),
);

class AppModule {}
Module({
  imports: [ConfigModule.forRoot({ ignoreEnvFile: true })],
  controllers: [InstancesController],
  providers: [InstancesService],
})(AppModule);

const app = await NestFactory.create(AppModule, new ExpressAdapter());
await app.listen(0, '127.0.0.1');
process.send({ url: await app.getUrl() });
process.once('disconnect', () => process.exit(0));
