import { number } from '../format.mjs';
import { load, saturate } from '../measure.mjs';
import { HOT, startGateway } from '../servers.mjs';
import { spread } from '../stats.mjs';
import { ALWAYS_FRESH } from './hits.mjs';

/** A rate is too high when p99 is above the one, or above so many times the p99 of the lowest rate. */
const TOO_LATE_MS = 5;
const TOO_MANY_TIMES = 10;

/** Hits at fixed rates, each a percentage of the requests a second that one process answers in a closed loop. */
export async function* rates(steps, seconds, upstream) {
  await upstream.set();
  const server = await startGateway(upstream, ALWAYS_FRESH);
  const requests = { path: HOT, ids: 1 };
  await saturate(server, requests, seconds.warmUp);
  const rounds = [];
  for (let round = 0; round < 3; round += 1) {
    const { ok, seconds: taken } = await saturate(server, requests, seconds.saturate);
    rounds.push(ok / taken);
  }
  const capacity = spread(rounds).median;
  for (const percent of steps) {
    const rate = Math.round((capacity * percent) / 100);
    const job = { ...requests, rate, count: rate * seconds.fixed, spin: true };
    const { ok, requests: sent, seconds: taken, success, lateMs } = await load(server, job);
    yield { step: percent, rate, rps: ok / taken, ok: ok / sent, ...success, lateMs };
  }
  await server.stop();
}

/** Names the first rate that is too high. */
export function knee(rows) {
  const limit = Math.min(TOO_LATE_MS, TOO_MANY_TIMES * rows[0].p99);
  const row = rows.find(({ p99 }) => p99 > limit);
  const words = `p99 exceeds ${number(TOO_LATE_MS)} ms, or ${TOO_MANY_TIMES} times that of the lowest rate`;
  return row === undefined
    ? `The knee is beyond the highest rate: at none ${words}.`
    : `The knee is at ${number(row.step)}%, ${number(row.rate)} requests a second: there for the first time, ${words}.`;
}
