import { describeInstance, listInstances } from '@app/outboundbot-client';
import type { Clock } from '@app/resilience';

import type { Settings } from '../settings/settings.js';
import { checkApiKeys } from './check-api-keys.js';
import { checkCredentials } from './check-credentials.js';
import { checkIdentityProvider } from './check-identity-provider.js';
import { checkLatency } from './check-latency.js';
import { checkDns, checkProxy, checkTcp, checkTunnel } from './check-network.js';
import { checkPaging } from './check-paging.js';
import { checkRedis } from './check-redis.js';
import { checkTls } from './check-tls.js';
import { checkWholeList } from './check-whole-list.js';
import { type Finding, skip } from './finding.js';
import { judgeClock, judgeOrigin, judgePermission, judgeSignature } from './judge-answer.js';
import { judgeMissing, judgeShape } from './judge-shape.js';
import { type Learned, learnedAction } from './learned.js';
import { routeOf } from './route.js';
import { ServiceProbe } from './service-probe.js';

/** The steps that ask the service, in their order. */
const SERVICE_STEPS = [
  ...['proxy', 'dns', 'tcp', 'tunnel', 'tls', 'answer', 'clock', 'signature', 'permission ListInstances'],
  ...['permission DescribeInstance', 'shape ListInstances', 'shape DescribeInstance', 'paging'],
  ...['latency ListInstances', 'latency DescribeInstance', 'whole list'],
];

/** An id that does not exist. It asks for a permission when there is no instance to ask for. */
const NO_INSTANCE = 'outboundbot-gateway-doctor';

/**
 * Checks one step after another. Yields what each step found, as soon as it is known.
 *
 * @param instanceId undefined: the first instance of the list
 * @param patienceMs how long to wait for each answer at least: one that is too slow for the gateway must still be measured
 * @param learned gets what was learned about the service
 */
export async function* diagnose(
  settings: Settings,
  instanceId: string | undefined,
  clock: Clock,
  patienceMs: number,
  learned: Learned,
): AsyncGenerator<Finding> {
  const credentials = await checkCredentials(settings);
  yield credentials;
  const seen = new Set<string>();
  let failed = credentials.status === 'fail' ? credentials.step : undefined;
  for await (const finding of askService(
    settings,
    instanceId,
    clock,
    patienceMs,
    learned,
    failed === undefined,
  )) {
    seen.add(finding.step);
    if (finding.status === 'fail') failed ??= finding.step;
    yield finding;
  }
  for (const step of SERVICE_STEPS)
    if (!seen.has(step)) yield skip(step, `needs ${failed ?? 'the steps above'}`);
  yield await checkRedis(settings, clock);
  yield await checkApiKeys(settings, clock);
  yield await checkIdentityProvider(settings, clock);
}

/** Ends at the first step without which the next ones make no sense. */
async function* askService(
  settings: Settings,
  instanceId: string | undefined,
  clock: Clock,
  patienceMs: number,
  learned: Learned,
  hasCredentials: boolean,
): AsyncGenerator<Finding> {
  const timeoutMs = Math.max(patienceMs, settings.upstream.retry.attemptTimeoutMs);
  const route = routeOf(settings, timeoutMs);
  yield checkProxy(route, settings);
  for (const check of [checkDns, checkTcp, checkTunnel, checkTls]) {
    const finding = await check(route, clock);
    yield finding;
    if (finding.status === 'fail') return;
  }
  if (!hasCredentials) return;
  const probe = new ServiceProbe(settings, clock, timeoutMs);
  try {
    yield* askActions(settings, probe, instanceId, timeoutMs, learned);
  } finally {
    probe.close();
  }
}

async function* askActions(
  settings: Settings,
  probe: ServiceProbe,
  instanceId: string | undefined,
  timeoutMs: number,
  learned: Learned,
): AsyncGenerator<Finding> {
  const list = await probe.nextPage();
  learn(learned, 'ListInstances', list);
  for (const judge of [judgeOrigin, judgeClock, judgeSignature]) {
    const finding = judge(list);
    yield finding;
    if (finding.status === 'fail') return;
  }
  yield judgePermission(listInstances, list);

  const listed = list.outcome.kind === 'success' ? [...list.outcome.value.instances.keys()] : [];
  const id = instanceId ?? listed[0];
  const described = await probe.describe(id ?? NO_INSTANCE);
  if (id !== undefined) learn(learned, 'DescribeInstance', described);
  yield judgePermission(describeInstance, described);
  yield judgeShape('ListInstances', list);
  if (id === undefined) yield skip('shape DescribeInstance', 'there is no instance to ask for: give an id');
  else if (described.outcome.kind === 'not-found') yield judgeMissing(listed.includes(id));
  else yield judgeShape('DescribeInstance', described);

  const { finding, habits } = await checkPaging(probe, list);
  if (habits) learned.paging = habits;
  yield finding;
  const measured = [
    [listInstances.name, list, () => probe.nextPage()],
    [describeInstance.name, described, () => probe.describe(id ?? NO_INSTANCE)],
  ] as const;
  for (const [action, { outcome }, ask] of measured) {
    if (outcome.kind !== 'success' && outcome.kind !== 'not-found') continue;
    const { finding: latency, medianMs } = await checkLatency(action, ask, settings);
    const facts = learned.actions[action];
    // The first call may have had to open the connection.
    if (facts && medianMs !== undefined) facts.ms = medianMs;
    yield latency;
  }
  if (list.outcome.kind !== 'success') return;
  yield await checkWholeList(
    list.outcome.value,
    learned.actions[listInstances.name]?.ms ?? list.ms,
    (readSoFar) => probe.nextPage(readSoFar),
    settings,
    timeoutMs,
  );
}

function learn(learned: Learned, action: string, answer: Parameters<typeof learnedAction>[0]): void {
  const facts = learnedAction(answer);
  if (facts) learned.actions[action] = facts;
}
