// What Prometheus is told: counts and times by route, kind and name. No label carries an id or anything that was sent.
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { whereOf } from './failures.js';

/** What is read at the moment of a scrape: sockets, the hub, the pool, queues. */
export interface GaugeSource {
  readonly name: string;
  readonly help: string;
  readonly read: () => number | Readonly<Record<string, number>>;
  /** What the names mean where `read` gives several numbers. */
  readonly label?: string;
}

export type OperationKind = 'query' | 'mutation' | 'subscription';

const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Metrics {
  readonly registry = new Registry();
  readonly #http = this.#histogram('http_request_duration_seconds', 'HTTP requests by route.', [
    'method',
    'route',
    'status',
  ]);
  readonly #graphql = this.#histogram('graphql_operation_duration_seconds', 'GraphQL operations by kind.', [
    'kind',
    'outcome',
  ]);
  readonly #jobs = this.#histogram('job_run_duration_seconds', 'Runs of scheduled jobs by name.', ['job', 'outcome']);
  readonly #claims = new Histogram({
    name: 'switchboard_message_claim_seconds',
    help: 'Claims of messages, each a batch.',
    buckets: [0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 1],
    registers: [this.registry],
  });
  readonly #messages = this.#counter('messages_settled_total', 'Messages by how an attempt ended.', ['as']);
  readonly #rejects = this.#counter('limiter_rejections_total', 'Requests that a limit refused.', ['limit']);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  graphqlOperation(kind: OperationKind, outcome: 'ok' | 'failed', seconds: number): void {
    this.#graphql.observe({ kind, outcome }, seconds);
  }

  jobRun(job: string, outcome: 'ok' | 'failed', seconds: number): void {
    this.#jobs.observe({ job, outcome }, seconds);
  }

  limitRejected(limit: string): void {
    this.#rejects.inc({ limit });
  }

  claimed(seconds: number): void {
    this.#claims.observe(seconds);
  }

  /** `lost`: answers that came when the lease was another's. */
  settled(as: readonly string[], lost: number): void {
    for (const [outcome, alike] of Map.groupBy(as, (one) => one)) this.#messages.inc({ as: outcome }, alike.length);
    if (lost > 0) this.#messages.inc({ as: 'LEASE_LOST' }, lost);
  }

  watch({ name, help, read, label = 'kind' }: GaugeSource): void {
    const gauge: Gauge = new Gauge({
      name: `switchboard_${name}`,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect: () => {
        const now = read();
        if (typeof now === 'number') return gauge.set(now);
        for (const [key, value] of Object.entries(now)) gauge.set({ [label]: key }, value);
      },
    });
  }

  /** Times every answer by the pattern of its route. */
  timeRequests(server: FastifyInstance): void {
    // Looking a labelled histogram up costs more than the rest of this hook: each is kept once it is known.
    const known = new Map<string, { observe(seconds: number): void }>();
    server.addHook('onResponse', (request, reply, done) => {
      const { method, route } = whereOf(request);
      const key = `${method} ${reply.statusCode} ${route}`;
      let times = known.get(key);
      if (!times) {
        times = this.#http.labels({ method, route, status: String(reply.statusCode) });
        known.set(key, times);
      }
      times.observe(reply.elapsedTime / 1_000);
      done();
    });
  }

  #histogram<L extends string>(name: string, help: string, labelNames: L[]): Histogram<L> {
    return new Histogram({ name: `switchboard_${name}`, help, labelNames, buckets, registers: [this.registry] });
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name: `switchboard_${name}`, help, labelNames, registers: [this.registry] });
  }
}
