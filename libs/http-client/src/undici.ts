// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- declarations of modules cannot be imported
/// <reference path="./undici-modules.d.ts" />
/**
 * The parts of undici that send requests. The main module of undici also loads fetch, WebSocket, caches and mocks,
 * which took half of its start-up time and half of its memory (docs/adr/0013).
 */
import api from 'undici/lib/api/index.js';
import buildConnector from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';
import DispatcherClass from 'undici/lib/dispatcher/dispatcher.js';

// Adds `request` to every dispatcher, as undici's main module does.
Object.assign(DispatcherClass.prototype, api);

export { buildConnector, Client };
export type { Dispatcher } from 'undici';
