// Loaded into the gateway ahead of its own code: SIGUSR2 has it give back all memory that it does not need.
import { Session } from 'node:inspector';

const session = new Session();
session.connect();
process.on('SIGUSR2', () => session.post('HeapProfiler.collectGarbage'));
