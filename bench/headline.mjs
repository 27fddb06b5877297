import { ratioOf, rowOf } from './stats.mjs';
import { percent, write, writeSpread } from './write.mjs';

/** The few rows that matter: what, the gateway's figure, and what stands beside it. Those not measured are left out. */
export function headline(results) {
  const { weight } = results;
  const row = (scenario, contender) => rowOf(results, scenario, contender);
  const ratio = (scenario, peer) => writeSpread(ratioOf(results, scenario, 'gateway', peer));
  const rows = [];

  const hot = row('hot-hit', 'gateway');
  if (hot) {
    rows.push([
      'Hot hit, everything on',
      `${writeSpread(hot.rps)} requests/s`,
      `${ratio('hot-hit', 'node-http')} of node:http sending the same bytes; ${ratio('hot-hit', 'nest-express')} times plain Nest on Express`,
    ]);
  }
  const uncached = row('uncached', 'gateway');
  if (uncached) {
    rows.push([
      'Uncached',
      `${writeSpread(uncached.rps)} requests/s`,
      `${ratio('uncached', 'bare-sdk')} of the bare SDK in a loop`,
    ]);
  }
  const stampede = row('stampede', 'gateway');
  if (stampede) {
    rows.push([
      '500 callers of one unknown id at once, upstream calls',
      writeSpread(stampede.calls),
      `plain Nest ${writeSpread(row('stampede', 'nest-express').calls)}`,
    ]);
  }
  const errors = row('internal-error', 'gateway');
  if (errors) {
    rows.push([
      'One in ten upstream calls fails',
      `${writeSpread(errors.success, percent)} succeed`,
      `plain Nest ${writeSpread(row('internal-error', 'nest-express').success, percent)}`,
    ]);
  }
  const outage = row('outage', 'gateway');
  if (outage) {
    const { warm, cold } = outage.streams;
    const peer = row('outage', 'nest-express').streams;
    rows.push(
      [
        'Full outage, known ids',
        `${writeSpread(warm.ratio, percent)} succeed`,
        `plain Nest ${writeSpread(peer.warm.ratio, percent)}`,
      ],
      [
        'Full outage, unknown ids',
        `fail, p99 ${writeSpread(cold.failure.p99)} ms`,
        `plain Nest p99 ${writeSpread(peer.cold.failure.p99)} ms`,
      ],
    );
  }
  const overload = row('overload', 'gateway');
  if (overload) {
    rows.push([
      'Ten times the upstream’s 100 calls a second',
      `${writeSpread(overload.okPerSecond)} successes/s`,
      `plain Nest ${writeSpread(row('overload', 'nest-express').okPerSecond)}`,
    ]);
  }
  if (weight) {
    const [own, peer] = weight.rows;
    rows.push(
      ['Ready after', `${writeSpread(own.readyMs)} ms`, `plain Nest ${writeSpread(peer.readyMs)} ms`],
      ['Idle memory', `${writeSpread(own.rssMiB)} MiB`, `plain Nest ${writeSpread(peer.rssMiB)} MiB`],
      [
        'Production install',
        `${write(weight.install.bundleMiB)} MiB`,
        `code of ${weight.install.packages} packages, bundled`,
      ],
    );
  }
  return rows;
}
