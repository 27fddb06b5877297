import { CACHE_SOURCES, type CacheFigures } from '@app/http-cache';
import { FAILURE_KINDS, type Outcome } from '@app/outboundbot-client';
import { type Problem, PROBLEM_CODES } from '@app/problem-details';
import { type Operation, OPERATION_OUTCOMES, type OperationOutcome, OPERATIONS } from '@app/redis-store';
import type { PolicyFigures } from '@app/resilience';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

import type { RefusalReason } from '../http/connection-guard.js';
import type { Connections } from '../http/connections.js';
import type { RequestObserver } from '../http/request-observer.js';
import { hadCallerLeft } from '../http/response-closed.js';
import { VERSION } from '../runtime/version.js';
import { DurationHistogram } from './duration-histogram.js';

const PREFIX = 'outboundbot_gateway';

/**
 * Bucket bounds for the duration of requests, from a cached answer to the deadline, in seconds. One bound is the limit
 * of the alert GatewaySlow.
 */
const REQUEST_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];

/** Bucket bounds for the duration of attempts, from a quick upstream to the time-out of an attempt, in seconds. */
const ATTEMPT_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];

/** Bucket bounds for the duration of operations in Redis, from a quick answer to the time-out, in seconds. */
const REDIS_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/** Methods with a label value of their own. Callers can invent any number of others. */
const METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Gauges of Node.js whose names end like the names of counters, which the linter of Prometheus rejects. Other metrics
 * show the same values.
 */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** What is fetched or read again while the gateway runs. */
const RELOADABLE = ['api-keys', 'provider-keys', 'credentials'] as const;

const BREAKER_STATES = ['closed', 'open', 'half-open'] as const;

/**
 * The metrics that Prometheus scrapes. No label holds an id, a caller, or other text that callers choose, so the number
 * of series is bounded.
 *
 * Figures that other parts count anyway are read at scrape time, so they cost a request nothing. Each series exists
 * from the start: `increase` does not count an event that creates its series.
 */
export class GatewayMetrics implements RequestObserver {
  private readonly registry = new Registry();
  private readonly registers = [this.registry];

  private readonly requests = new DurationHistogram(
    {
      name: `${PREFIX}_request_duration_seconds`,
      help: "From the arrival of a request until its answer was out, by route template, method, status and the problem's code.",
      labelNames: ['route', 'method', 'status', 'code'],
      buckets: REQUEST_BUCKETS_S,
    },
    this.registry,
  );

  private readonly attempts = new DurationHistogram(
    {
      name: `${PREFIX}_upstream_attempt_duration_seconds`,
      help: 'Calls of the OutboundBot service, each retry by itself, by action and outcome.',
      labelNames: ['action', 'outcome'],
      buckets: ATTEMPT_BUCKETS_S,
    },
    this.registry,
  );

  private readonly reloads = new Counter({
    name: `${PREFIX}_reloads_total`,
    help: "Reloads of the key file, fetches of the token provider's keys, and renewals of the gateway's own credentials.",
    labelNames: ['what', 'outcome'] as const,
    registers: this.registers,
  });

  private redis:
    | {
        readonly durations: DurationHistogram;
        readonly operations: Counter<'operation' | 'outcome'>;
        readonly rejections: Counter;
      }
    | undefined;

  private exposing: Promise<string> | undefined;
  private readonly problems = zeroFor(PROBLEM_CODES);
  private readonly readings = zeroFor(CACHE_SOURCES);

  constructor() {
    for (const what of RELOADABLE) {
      for (const outcome of ['ok', 'error']) this.reloads.inc({ what, outcome }, 0);
    }
    const build = new Gauge({
      name: `${PREFIX}_build_info`,
      help: 'Always 1: the labels say which version of the gateway runs on which version of Node.js.',
      labelNames: ['version', 'node'] as const,
      registers: this.registers,
    });
    build.set({ version: VERSION, node: process.version }, 1);
    this.counters(
      'problems_total',
      'Requests answered with a problem, by its code.',
      'code',
      () => this.problems,
    );
    this.counters(
      'readings_total',
      'Reads of an instance or of the list, by where the answer came from.',
      'cache',
      () => this.readings,
    );
  }

  /** All metrics in Prometheus' text format. Scrapes at the same time share one result. */
  async expose(): Promise<{ contentType: string; body: string }> {
    this.exposing ??= this.registry.metrics().finally(() => (this.exposing = undefined));
    return { contentType: this.registry.contentType, body: await this.exposing };
  }

  answered(request: FastifyRequest, reply: FastifyReply): void {
    const { arrivedAt, method, problem, reading } = request;
    if (problem) this.problems[problem.code] += 1;
    if (reading) this.readings[reading.source] += 1;
    if (arrivedAt === undefined) return;
    const route = (request.is404 ? undefined : request.routeOptions.url) ?? 'none';
    const status = hadCallerLeft(reply) ? 'aborted' : String(reply.statusCode);
    this.requests
      .labels(route, METHODS.has(method) ? method : 'other', status, problem?.code)
      .observe(secondsSince(arrivedAt));
  }

  refused({ code }: Problem): void {
    this.problems[code] += 1;
  }

  /** Counts an attempt to read something again: one that brought something new, or one that failed. */
  reloaded(what: (typeof RELOADABLE)[number], outcome: 'ok' | 'error'): void {
    this.reloads.inc({ what, outcome });
  }

  /** Makes an upstream call and measures it. */
  async timeAttempt<T>(action: string, call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const startedAt = performance.now();
    const outcome = await call();
    this.attempts.labels(action, outcome.kind).observe(secondsSince(startedAt));
    return outcome;
  }

  /** Adds the metrics of the process: memory, processor time, event loop, garbage collection. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  watchLog(droppedLines: () => number): void {
    this.counter(
      'log_lines_dropped_total',
      'Log lines that were dropped because the reader of stdout was too slow.',
      [],
      (counter) => {
        counter.inc(droppedLines());
      },
    );
  }

  /** Adds the metric of traces, which is absent if none are exported. */
  watchTraces(droppedSpans: () => number): void {
    this.counter(
      'spans_dropped_total',
      'Spans that were not exported: too many waited, or the collector did not take them.',
      [],
      (counter) => {
        counter.inc(droppedSpans());
      },
    );
  }

  watchConnections(connections: Connections): void {
    this.gauge('connections', 'Open connections of callers.', () => connections.size);
    this.gauge('requests_in_flight', 'Requests that wait for their answer.', () => connections.awaited);
  }

  watchRefusals(refused: () => Readonly<Record<RefusalReason, number>>): void {
    this.counters(
      'connections_refused_total',
      'Connections of callers that were closed at once, by reason.',
      'reason',
      refused,
    );
  }

  /** @param actions the names of all actions that may be called */
  watchUpstream(actions: readonly string[], figures: () => PolicyFigures, resends: () => number): void {
    for (const action of actions)
      for (const outcome of ['success', ...FAILURE_KINDS]) this.attempts.labels(action, outcome);
    this.gauge(
      'upstream_calls_in_flight',
      'Places for calls of the OutboundBot service that are taken, also between two attempts.',
      () => figures().inFlight,
    );
    this.gauge('upstream_calls_queued', 'Requests that wait for such a place.', () => figures().queued);
    this.counters('upstream_retries_total', 'Retries that the budget paid for or refused.', 'budget', () => ({
      ...figures().retries,
    }));
    this.counters(
      'upstream_rejections_total',
      'Requests that a policy kept from the service.',
      'policy',
      () => figures().rejections,
    );
    this.counter(
      'upstream_resends_total',
      'Requests that were sent again at once, since a connection that had served before was dead.',
      [],
      (counter) => {
        counter.inc(resends());
      },
    );
    const breaker = new Gauge({
      name: `${PREFIX}_upstream_breaker_state`,
      help: 'The state of the circuit breaker: 1 for the one that it is in.',
      labelNames: ['state'] as const,
      collect: () => {
        for (const state of BREAKER_STATES) breaker.set({ state }, figures().breaker === state ? 1 : 0);
      },
      registers: this.registers,
    });
  }

  /** @param figures what the cache holds in memory, by kind */
  watchCache(figures: () => Readonly<Record<string, CacheFigures>>): void {
    const each = (name: keyof CacheFigures) => (): Record<string, number> =>
      Object.fromEntries(Object.entries(figures()).map(([kind, of]) => [kind, of[name]]));
    this.gauges('cache_entries', 'Answers in memory, by what they hold.', 'kind', each('entries'));
    this.gauges('cache_bytes', 'What they take in memory, with the pages of lists.', 'kind', each('bytes'));
    this.counters(
      'cache_evictions_total',
      'Answers that were evicted to make room, or were too large to be kept.',
      'kind',
      each('evictions'),
    );
  }

  /** Adds the metrics of Redis, which are absent without one. */
  watchRedis(isUp: () => boolean): void {
    this.gauge('redis_up', 'Whether Redis answers, and no operation fails; absent without one.', () =>
      isUp() ? 1 : 0,
    );
    const durations = new DurationHistogram(
      {
        name: `${PREFIX}_redis_operation_duration_seconds`,
        help: 'Operations in Redis that were tried, by kind and outcome.',
        labelNames: ['operation', 'outcome'],
        buckets: REDIS_BUCKETS_S,
      },
      this.registry,
    );
    const operations = new Counter({
      name: `${PREFIX}_redis_operations_total`,
      help: 'Operations in Redis that were tried, by kind and outcome; the log says why they fail.',
      labelNames: ['operation', 'outcome'] as const,
      registers: this.registers,
    });
    const rejections = new Counter({
      name: `${PREFIX}_redis_entries_rejected_total`,
      help: 'Entries, locks and counts in Redis that were not used, since no gateway of this account wrote them.',
      registers: this.registers,
    });
    for (const operation of OPERATIONS) {
      for (const outcome of OPERATION_OUTCOMES) {
        durations.labels(operation, outcome);
        operations.inc({ operation, outcome }, 0);
      }
    }
    this.redis = { durations, operations, rejections };
  }

  redisOperation(operation: Operation, outcome: OperationOutcome, durationMs: number): void {
    this.redis?.durations.labels(operation, outcome).observe(durationMs / 1000);
    this.redis?.operations.inc({ operation, outcome });
  }

  /** Counts an entry that an attacker, or a gateway with another secret, has written under a key of this account. */
  redisValueRejected(): void {
    this.redis?.rejections.inc();
  }

  private gauge(name: string, help: string, read: () => number): void {
    const gauge = new Gauge({
      name: `${PREFIX}_${name}`,
      help,
      collect: () => {
        gauge.set(read());
      },
      registers: this.registers,
    });
  }

  /** As `gauge`, with one series for each member of the record, named by the label. */
  private gauges(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ): void {
    const gauge = new Gauge({
      name: `${PREFIX}_${name}`,
      help,
      labelNames: [label],
      collect: () => {
        for (const [value, figure] of Object.entries(read())) gauge.set({ [label]: value }, figure);
      },
      registers: this.registers,
    });
  }

  /** Counters read at scrape time: one series for each member of the record, named by the label. */
  private counters(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ): void {
    this.counter(name, help, [label], (counter) => {
      for (const [value, count] of Object.entries(read())) counter.inc({ [label]: value }, count);
    });
  }

  private counter(
    name: string,
    help: string,
    labelNames: readonly string[],
    fill: (counter: Counter) => void,
  ): void {
    const counter = new Counter({
      name: `${PREFIX}_${name}`,
      help,
      labelNames: [...labelNames],
      collect: () => {
        counter.reset();
        fill(counter);
      },
      registers: this.registers,
    });
  }
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

function zeroFor<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}
