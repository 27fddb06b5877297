import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { createTunnelAgent } from '@app/http-client';
import {
  type Context,
  createNoopMeter,
  defaultTextMapGetter,
  type Meter,
  type MeterProvider,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

import type { SamplerOptions } from './sampler-options.js';
import type { Attributes, Span, Tracing } from './tracing.js';

const NAME = 'outboundbot-gateway';

/** The longest that one export may take, in milliseconds. */
const EXPORT_TIMEOUT_MS = 5000;

/** The longest that `close` waits for the last export, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2000;

/** How long spans are collected into one batch, in milliseconds. */
const EXPORT_DELAY_MS = 1000;

export interface TracingOptions {
  /** The base URL of an OpenTelemetry collector (OTLP over HTTP). Spans go to `/v1/traces` below it. */
  readonly endpoint: string;
  /** The proxy for calls to the collector, with its credentials. */
  readonly proxy?: URL | undefined;
  /** Which traces are exported. */
  readonly sampler: SamplerOptions;
  /** Called when exports begin to fail, and when they succeed again. For the log. */
  readonly onStateChange: (state: 'up' | 'down') => void;
}

/**
 * Exports spans over OTLP (JSON over HTTP). It registers nothing globally, so one process can run several gateways.
 * OpenTelemetry also reads its own `OTEL_*` variables: headers, service name and more.
 */
export class OtlpTracing implements Tracing {
  private readonly provider: TracerProvider;
  private readonly active = new AsyncLocalStorage<Context>();
  private readonly propagator = new W3CTraceContextPropagator();
  private dropped = 0;

  constructor({ endpoint, proxy, sampler, onStateChange }: TracingOptions) {
    const exporter = new WatchedExporter(onStateChange, {
      url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
      timeoutMillis: EXPORT_TIMEOUT_MS,
      ...(proxy
        ? { httpAgentOptions: (protocol) => createTunnelAgent(protocol, proxy, EXPORT_TIMEOUT_MS) }
        : {}),
    });
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': NAME }).merge(
        detectResources({ detectors: [envDetector] }),
      ),
      sampler: samplerOf(sampler),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter,
          scheduledDelayMillis: EXPORT_DELAY_MS,
          selfObsMeterProvider: lossMeter((count) => (this.dropped += count)),
        }),
      ],
    });
  }

  get droppedSpans(): number {
    return this.dropped;
  }

  serve(name: string, headers: IncomingHttpHeaders, work: (span: Span) => void): void {
    const parent = this.propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const span = this.start(name, SpanKind.SERVER, {}, parent);
    this.active.run(trace.setSpan(parent, span), () => {
      work(asSpan(span));
    });
  }

  call(name: string, attributes: Attributes): Span {
    return asSpan(this.start(name, SpanKind.CLIENT, attributes, this.active.getStore() ?? ROOT_CONTEXT));
  }

  async close(): Promise<void> {
    const settled = new AbortController();
    const timeout = delay(CLOSE_TIMEOUT_MS, undefined, { signal: settled.signal }).catch(() => undefined);
    await Promise.race([this.provider.shutdown().catch(() => undefined), timeout]);
    settled.abort();
  }

  private start(name: string, kind: SpanKind, attributes: Attributes, parent: Context): OtelSpan {
    return this.provider.getTracer(NAME).startSpan(name, { kind, attributes: { ...attributes } }, parent);
  }
}

function samplerOf({ name, ratio }: SamplerOptions): Sampler {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}

/**
 * Reads OpenTelemetry's own metric of processed spans, without its SDK for metrics: a span with an `error.type` is lost.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
 */
function lossMeter(onLoss: (count: number) => void): MeterProvider {
  const createCounter: Meter['createCounter'] = (name) => ({
    add: (count, attributes) => {
      if (name === 'otel.sdk.processor.span.processed' && attributes?.['error.type'] !== undefined)
        onLoss(count);
    },
  });
  // All other instruments do nothing.
  const meter = Object.assign(Object.create(createNoopMeter()) as Meter, { createCounter });
  return { getMeter: () => meter };
}

function asSpan(span: OtelSpan): Span {
  return {
    traceId: span.spanContext().traceId,
    end: (attributes) => {
      span.setAttributes({ ...attributes });
      if (attributes['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** Reports when exports begin to fail and when they succeed again. OpenTelemetry itself logs every failed export. */
class WatchedExporter extends OTLPTraceExporter {
  private isDown = false;

  constructor(
    private readonly onStateChange: (state: 'up' | 'down') => void,
    options: ConstructorParameters<typeof OTLPTraceExporter>[0],
  ) {
    super(options);
  }

  override export(spans: ReadableSpan[], report: (result: ExportResult) => void): void {
    super.export(spans, (result) => {
      const isDown = result.code !== ExportResultCode.SUCCESS;
      if (isDown !== this.isDown) this.onStateChange(isDown ? 'down' : 'up');
      this.isDown = isDown;
      report(result);
    });
  }
}
