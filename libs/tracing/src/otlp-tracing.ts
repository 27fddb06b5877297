import { AsyncLocalStorage } from 'node:async_hooks';
import type { Agent, IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import {
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';

import type { Attributes, Span, Tracing, TracingOptions } from './tracing.js';

const NAME = 'outboundbot-gateway';

/** How long an export may take, and how long the end waits for the last one, in milliseconds. */
const EXPORT_TIMEOUT_MS = 5000;
const CLOSE_TIMEOUT_MS = 2000;

/** How long a span waits for others to be exported with, in milliseconds. */
const EXPORT_DELAY_MS = 1000;

/**
 * Exports spans over OTLP (JSON over HTTP). Nothing is registered globally, so several gateways can live in one process.
 * Besides the endpoint, the exporter's and the resource's usual `OTEL_*` variables count: headers, service name and more.
 */
export class OtlpTracing implements Tracing {
  private readonly provider: TracerProvider;
  private readonly active = new AsyncLocalStorage<Context>();
  private readonly propagator = new W3CTraceContextPropagator();

  constructor({ endpoint, proxy, onStateChange }: TracingOptions) {
    const exporter = new WatchedExporter(onStateChange, {
      url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
      timeoutMillis: EXPORT_TIMEOUT_MS,
      ...(proxy ? { httpAgentOptions: () => tunnelThrough(proxy) } : {}),
    });
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': NAME }).merge(
        detectResources({ detectors: [envDetector] }),
      ),
      spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: EXPORT_DELAY_MS })],
    });
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
    const over = new AbortController();
    const patience = delay(CLOSE_TIMEOUT_MS, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([this.provider.shutdown().catch(() => undefined), patience]);
    over.abort();
  }

  private start(name: string, kind: SpanKind, attributes: Attributes, parent: Context): OtelSpan {
    return this.provider.getTracer(NAME).startSpan(name, { kind, attributes: { ...attributes } }, parent);
  }
}

/** The exporter speaks through an agent of Node's, which undici has none of. */
async function tunnelThrough(proxy: URL): Promise<Agent> {
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new HttpsProxyAgent(proxy);
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

/** Says when exports begin to fail, and when they work again. OpenTelemetry's own log says it for every one. */
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
