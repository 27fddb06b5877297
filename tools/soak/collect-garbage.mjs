// Loaded into the gateway before its own code: SIGUSR2 collects the garbage.
import { Session } from 'node:inspector';

const session = new Session();
session.connect();
process.on('SIGUSR2', () => session.post('HeapProfiler.collectGarbage'));
