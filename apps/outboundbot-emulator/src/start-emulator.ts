import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';

import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

import { actions } from './actions/index.js';
import { serveApi } from './api.js';
import { defaultKeyPair, type KeyPair } from './authentication/key-pair.js';
import { CallLog } from './call-log.js';
import { FaultScript } from './faults/fault-script.js';
import type { InstanceRecord } from './instances/instance-record.js';
import { InstanceStore } from './instances/instance-store.js';
import { sampleInstances } from './instances/sample-instances.js';
import type { Learned } from './learned/learned-file.js';
import { steeringRoutes } from './steering.js';

export { defaultKeyPair } from './authentication/key-pair.js';
export type { CallLog, CallRecord } from './call-log.js';
export type { Fault } from './faults/fault.js';
export type { FaultScript, LiveFault } from './faults/fault-script.js';
export type { InstanceRecord } from './instances/instance-record.js';
export type { InstanceStore } from './instances/instance-store.js';

/** How an emulator is set up. Everything has a default. */
export interface EmulatorOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: 0, which takes any free port. */
  readonly port?: number;
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  /** Makes the key pair temporary (STS): every API call must then send this token. */
  readonly securityToken?: string;
  /** The instances at the start. Default: 60 sample instances, beginning with those of the vendor's page. */
  readonly instances?: readonly InstanceRecord[];
  /** How the service answers, as `doctor --save` of the gateway learned it. Default: as the vendor's pages say. */
  readonly learned?: Learned;
  /** The emulator's clock in epoch milliseconds, for timestamps, nonces and `Date`. Default: `Date.now`. */
  readonly now?: () => number;
}

/** A running emulator. */
export interface Emulator {
  /** Such as `http://127.0.0.1:4010`. */
  readonly url: string;
  /** Host and port: the format that the vendor's SDK expects. */
  readonly endpoint: string;
  readonly instances: InstanceStore;
  readonly faults: FaultScript;
  readonly calls: CallLog;
  /** How many connections are open. */
  openSockets(): number;
  /** Restores the instances of the start and removes all faults and all recorded API calls. */
  reset(): void;
  /** Stops the emulator and closes every connection at once, also connections whose answer is not complete. */
  close(): Promise<void>;
}

/**
 * Starts a local stand-in for the OutboundBot API.
 *
 * @example
 * const emulator = await startEmulator();
 * emulator.faults.add({ kind: 'error', code: 'InternalError', times: 2 });
 * // ... call it with a real SDK at emulator.endpoint ...
 * emulator.calls.count(); // 3
 * await emulator.close();
 *
 * @throws the error of `listen`, such as EADDRINUSE.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const instances = new InstanceStore(structuredClone(options.instances ?? sampleInstances));
  const faults = new FaultScript();
  const calls = new CallLog();
  const reset = (): void => {
    instances.reset();
    faults.clear();
    calls.clear();
  };

  const app = createServer();
  const keyPair = keyPairOf(options);
  serveApi(app, {
    keyPair,
    actions,
    instances,
    faults,
    calls,
    now: options.now ?? Date.now,
    learned: options.learned,
  });
  await app.register(steeringRoutes({ actions, instances, faults, calls, reset }), { prefix: '/_emulator' });

  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  const host = options.host ?? '127.0.0.1';
  await app.listen({ host, port: options.port ?? 0 });
  const { port } = app.server.address() as AddressInfo;
  const endpoint = `${host.includes(':') ? `[${host}]` : host}:${port}`;

  return {
    url: `http://${endpoint}`,
    endpoint,
    instances,
    faults,
    calls,
    openSockets: () => sockets.size,
    reset,
    close: async () => {
      const closed = [...sockets].map((socket) => once(socket, 'close'));
      const stopped = app.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all([stopped, ...closed]);
    },
  };
}

function createServer(): FastifyInstance {
  return Fastify({
    bodyLimit: 16 * 1024 * 1024,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // Fastify calls no handler for a path that cannot be decoded, so this option answers the request.
    frameworkErrors: (_error, _request, reply) => {
      void (reply as FastifyReply).code(400).send({
        Code: 'InvalidParameter',
        Message: 'The path of the URL is not valid: check its percent-encoding.',
        message: 'The path of the URL is not valid: check its percent-encoding.',
      });
    },
    // Tests use long ids under /_emulator/instances/.
    routerOptions: { maxParamLength: 8192 },
    // Report wrong input instead of changing it.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, discriminator: true } },
  });
}

function keyPairOf({
  accessKeyId = defaultKeyPair.accessKeyId,
  accessKeySecret = defaultKeyPair.accessKeySecret,
  securityToken,
}: EmulatorOptions): KeyPair {
  return { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) };
}
