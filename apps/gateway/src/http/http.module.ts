import { type DynamicModule, Module } from '@nestjs/common';

import { AddressLimit } from './address-limit.js';

/** Makes injectable everywhere what the answers outside of Nest use too. */
@Module({})
export class HttpModule {
  static register(addressLimit: AddressLimit): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      providers: [{ provide: AddressLimit, useValue: addressLimit }],
      exports: [AddressLimit],
    };
  }
}
