import { type DynamicModule, Module } from '@nestjs/common';

import { AddressLimit } from './address-limit.js';
import { Connections } from './connections.js';

/** Makes injectable everywhere what the answers outside of Nest use too. */
@Module({})
export class HttpModule {
  static register(addressLimit: AddressLimit, connections: Connections): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      providers: [
        { provide: AddressLimit, useValue: addressLimit },
        { provide: Connections, useValue: connections },
      ],
      exports: [AddressLimit, Connections],
    };
  }
}
