import { CONTENDERS } from './contenders.mjs';
import { atFixedRate } from './load.mjs';
import { fetchRaw } from './servers.mjs';
import { spreadEach } from './stats.mjs';

/** Gives every contender the same requests, each round on a server that has just started. */
export async function measureBehaviour(scenario, upstream, plan, say) {
  const rounds = Math.min(scenario.rounds, plan.rounds);
  const names = scenario.contenders.filter((name) => !CONTENDERS[name].isMissing);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const sample = await measureOnce(scenario, name, upstream, plan);
      samples[name].push(sample);
      say(`${scenario.name} ${round + 1}/${rounds} ${name}: ${(sample.success * 100).toFixed(2)}% succeed`);
    }
  }
  return names.map((name) => ({ contender: name, ...spreadEach(samples[name]), samples: samples[name] }));
}

async function measureOnce(scenario, name, upstream, plan) {
  const { variables = {}, freshMs = 5000, warmIds = 0, connections = 256, settleMs = 0 } = scenario;
  await upstream.set({});
  const server = await CONTENDERS[name].start(upstream, { variables, freshMs });
  try {
    await warmUp(server, warmIds);
    await upstream.set(scenario.upstream);
    const plannedStreams = scenario.streams(scenario.seconds * plan.behaviourScale);
    const before = server.usage();
    const { seconds, streams, lateMs } = await atFixedRate({
      url: server.url,
      connections,
      settleMs,
      streams: plannedStreams,
    });
    const after = server.usage();
    const calls = await upstream.calls();
    const sent = plannedStreams.reduce((sum, { count }) => sum + count, 0);
    const requests = streams.reduce((sum, stream) => sum + stream.requests, 0);
    const ok = streams.reduce((sum, stream) => sum + stream.ok, 0);
    return {
      success: ok / requests,
      okPerSecond: ok / seconds,
      calls,
      callsPerRequest: calls / sent,
      cpuUsPerRequest: before.cpuMs === null ? null : ((after.cpuMs - before.cpuMs) * 1000) / sent,
      rssMiB: after.rssMiB,
      lateMs,
      streams: Object.fromEntries(
        streams.map(({ name, ...stream }) => [name, { ...stream, ratio: stream.ok / stream.requests }]),
      ),
    };
  } finally {
    await server.stop();
  }
}

/** Compiles the hot code with 200 requests, a few at a time, and lets the known ids be known. */
async function warmUp(server, warmIds) {
  const paths = [
    ...Array.from({ length: 200 }, (_, index) => `/instances/before${index}`),
    ...Array.from({ length: warmIds }, (_, index) => `/instances/warm${index}`),
  ];
  while (paths.length > 0)
    await Promise.all(paths.splice(0, 10).map((path) => fetchRaw(`${server.url}${path}`)));
}
