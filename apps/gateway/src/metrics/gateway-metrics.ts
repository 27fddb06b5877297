import { CACHE_SOURCES } from '@app/http-cache';
import { FAILURE_KINDS, type Outcome } from '@app/outboundbot-client';
import { type Problem, PROBLEM_CODES } from '@app/problem-details';
import type { PolicyFigures } from '@app/resilience';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

import { hadCallerLeft } from '../http/answer-over.js';
import type { RequestObserver } from '../http/request-observer.js';
import { DurationHistogram } from './duration-histogram.js';

const PREFIX = 'outboundbot_gateway';

/** From an answer out of memory to the deadline, in seconds. One of them is where the alert GatewaySlow draws its line. */
const REQUEST_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];

/** From a quick upstream to the time-out of an attempt, in seconds. */
const ATTEMPT_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];

/** The methods that get a name of their own; callers can make up the others. */
const METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Gauges of Node.js whose names end as those of counters do, which Prometheus' own linter refuses. Others tell the same. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

const BREAKER_STATES = ['closed', 'open', 'half-open'] as const;

/**
 * What Prometheus is told. No label holds an id, a caller or anything else that others choose: however many there are, the
 * number of series stays the same.
 *
 * Figures that are kept anyway are read when Prometheus asks, and cost a request nothing. Every series is there from the
 * start: one that began with its first event would hide that event from `increase`.
 */
export class GatewayMetrics implements RequestObserver {
  private readonly registry = new Registry();
  private readonly own = { registers: [this.registry] };

  private readonly requests = new DurationHistogram(
    {
      name: `${PREFIX}_request_duration_seconds`,
      help: 'From the arrival of a request until its answer was out, by route template, method and status.',
      labelNames: ['route', 'method', 'status'],
      buckets: REQUEST_BUCKETS_S,
    },
    this.registry,
  );

  private exposing: Promise<string> | undefined;
  private readonly problems = zeroFor(PROBLEM_CODES);
  private readonly readings = zeroFor(CACHE_SOURCES);

  private readonly attempts = new DurationHistogram(
    {
      name: `${PREFIX}_upstream_attempt_duration_seconds`,
      help: 'Calls of the OutboundBot service, each retry by itself, by action and outcome.',
      labelNames: ['action', 'outcome'],
      buckets: ATTEMPT_BUCKETS_S,
    },
    this.registry,
  );

  constructor() {
    this.counts(
      'problems_total',
      'Requests answered with a problem, by its code.',
      'code',
      () => this.problems,
    );
    this.counts(
      'readings_total',
      'Instances that were asked for, by where the answer came from.',
      'cache',
      () => this.readings,
    );
  }

  /** Everything, in Prometheus' text format. Who asks at the same time gets the same. */
  async expose(): Promise<{ contentType: string; body: string }> {
    this.exposing ??= this.registry.metrics().finally(() => (this.exposing = undefined));
    return { contentType: this.registry.contentType, body: await this.exposing };
  }

  answered(request: FastifyRequest, reply: FastifyReply): void {
    const { arrivedAt, method, problem, reading } = request;
    if (problem) this.problems[problem.code] += 1;
    if (reading) this.readings[reading.source] += 1;
    if (arrivedAt === undefined) return;
    this.requests
      .labels(
        (request.is404 ? undefined : request.routeOptions.url) ?? 'none',
        METHODS.has(method) ? method : 'other',
        hadCallerLeft(reply) ? 'aborted' : String(reply.statusCode),
      )
      .observe((performance.now() - arrivedAt) / 1000);
  }

  refused({ code }: Problem): void {
    this.problems[code] += 1;
  }

  /** Measures a call of the upstream. */
  async time<T>(action: string, call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const startedAt = performance.now();
    const outcome = await call();
    this.attempts.labels(action, outcome.kind).observe((performance.now() - startedAt) / 1000);
    return outcome;
  }

  /** Memory, processor time, event loop, garbage collection. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  watchConnections(connections: ReadonlyMap<unknown, { readonly awaited: number }>): void {
    this.gauge('connections', 'Open connections of callers.', () => connections.size);
    this.gauge('requests_in_flight', 'Requests that wait for their answer.', () => {
      let sum = 0;
      for (const { awaited } of connections.values()) sum += awaited;
      return sum;
    });
  }

  watchUpstream(action: string, figures: () => PolicyFigures, resends: () => number): void {
    for (const outcome of ['success', ...FAILURE_KINDS]) this.attempts.labels(action, outcome);
    this.gauge(
      'upstream_calls_in_flight',
      'Places for calls of the OutboundBot service that are taken, also between two attempts.',
      () => figures().inFlight,
    );
    this.gauge('upstream_calls_queued', 'Requests that wait for such a place.', () => figures().queued);
    this.counts('upstream_retries_total', 'Retries that the budget paid for or refused.', 'budget', () => ({
      ...figures().retries,
    }));
    this.counts(
      'upstream_rejections_total',
      'Requests that a policy kept from the service.',
      'policy',
      () => figures().rejections,
    );
    this.count(
      'upstream_resends_total',
      'Requests that were sent again at once, since a connection that had served before was dead.',
      resends,
    );
    const breaker = new Gauge({
      name: `${PREFIX}_upstream_breaker_state`,
      help: 'The state of the circuit breaker: 1 for the one that it is in.',
      labelNames: ['state'] as const,
      collect: () => {
        for (const state of BREAKER_STATES) breaker.set({ state }, figures().breaker === state ? 1 : 0);
      },
      ...this.own,
    });
  }

  watchRedis(isUp: () => boolean): void {
    this.gauge('redis_up', 'Whether operations reach Redis; absent without one.', () => (isUp() ? 1 : 0));
  }

  private gauge(name: string, help: string, read: () => number): void {
    const gauge = new Gauge({
      name: `${PREFIX}_${name}`,
      help,
      collect: () => {
        gauge.set(read());
      },
      ...this.own,
    });
  }

  /** A counter that is read at scrape time. */
  private count(name: string, help: string, read: () => number): void {
    const counter = new Counter({
      name: `${PREFIX}_${name}`,
      help,
      collect: () => {
        counter.reset();
        counter.inc(read());
      },
      ...this.own,
    });
  }

  /** A counter that somebody else counts, with a series for each member of what `read` gives. */
  private counts(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ): void {
    const counter = new Counter({
      name: `${PREFIX}_${name}`,
      help,
      labelNames: [label],
      collect: () => {
        counter.reset();
        for (const [value, count] of Object.entries(read())) counter.inc({ [label]: value }, count);
      },
      ...this.own,
    });
  }
}

function zeroFor<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}
