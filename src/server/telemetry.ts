// Traces for an OpenTelemetry collector: one span for each HTTP request, GraphQL operation and SQL statement. Loads
// nothing while it is off. Spans carry patterns, kinds, statuses and times; never paths, addresses, queries or values.
import type { Attributes, Context, Span, TextMapGetter, Tracer } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import pg from 'pg';
import { whereOf } from './failures.js';

export interface Tracing {
  traceRequests(server: FastifyInstance): void;
  /** Runs the work inside a span of its own. */
  span<T>(name: string, attributes: Attributes, work: () => T | Promise<T>): Promise<T>;
  /** Sends what has not been sent yet. */
  stop(): Promise<void>;
}

export interface TracingOptions {
  /** OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  readonly version: string;
}

export async function startTracing({ endpoint, version }: TracingOptions): Promise<Tracing> {
  const [api, { OTLPTraceExporter }, { resourceFromAttributes }, { BatchSpanProcessor, NodeTracerProvider }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-node'),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'switchboard', 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000 })],
  });
  provider.register();
  const tracer = provider.getTracer('switchboard');
  const restoreQueries = traceQueries(api, tracer);
  return {
    traceRequests: (server) => traceRequests(api, tracer, server),
    span: (name, attributes, work) => tracer.startActiveSpan(name, { attributes }, (span) => settle(api, span, work)),
    stop: async () => {
      restoreQueries();
      await provider.shutdown();
    },
  };
}

type Api = typeof import('@opentelemetry/api');

function traceRequests(api: Api, tracer: Tracer, server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    const { method, route } = whereOf(request);
    const parent = api.propagation.extract(api.context.active(), request.headers, headerGetter);
    const attributes = { 'http.request.method': method, 'http.route': route };
    const span = tracer.startSpan(`${method} ${route}`, { kind: api.SpanKind.SERVER, attributes }, parent);
    reply.raw.once('close', () => {
      span.setAttribute('http.response.status_code', reply.statusCode);
      if (reply.statusCode >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR });
      span.end();
    });
    const inside: Context = api.trace.setSpan(parent, span);
    api.context.with(inside, done);
  });
}

const headerGetter: TextMapGetter<FastifyRequest['headers']> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => headers[name.toLowerCase()],
};

/** Statements of requests only: what ticks by itself would drown them. */
function traceQueries(api: Api, tracer: Tracer): () => void {
  const original: (...args: unknown[]) => unknown = pg.Client.prototype.query;
  const traced = function (this: pg.Client, ...args: unknown[]): unknown {
    if (!api.trace.getActiveSpan()) return Reflect.apply(original, this, args);
    const verb = verbOf(args[0]);
    const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': verb };
    const span = tracer.startSpan(`SQL ${verb}`, { kind: api.SpanKind.CLIENT, attributes });
    const ended = (error?: unknown): void => {
      if (error) span.setStatus({ code: api.SpanStatusCode.ERROR });
      span.end();
    };
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      const after = (...answer: unknown[]): unknown => {
        ended(answer[0]);
        return Reflect.apply(callback, undefined, answer);
      };
      return Reflect.apply(original, this, [...args.slice(0, -1), api.context.bind(api.context.active(), after)]);
    }
    const result = Reflect.apply(original, this, args);
    if (result instanceof Promise) result.then(() => ended(), ended);
    else ended();
    return result;
  };
  Reflect.set(pg.Client.prototype, 'query', traced);
  return () => void Reflect.set(pg.Client.prototype, 'query', original);
}

/** The first word of the statement. */
function verbOf(query: unknown): string {
  const text =
    typeof query === 'string' ? query : query && typeof query === 'object' && 'text' in query ? String(query.text) : '';
  return /^\s*([a-z]+)/i.exec(text)?.[1]?.toUpperCase() ?? 'OTHER';
}

async function settle<T>({ SpanStatusCode }: Api, span: Span, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
