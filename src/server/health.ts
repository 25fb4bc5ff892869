// Is the process alive, may it be given work, and what do its numbers say. Open to everybody, without personal data.
import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.js';

/** Each says why it is not ready, or nothing when it is. None may wait for a provider. */
export interface ReadinessCheck {
  readonly name: string;
  readonly check: () => Promise<string | undefined> | string | undefined;
}

export interface HealthOptions {
  readonly checks: readonly ReadinessCheck[];
  readonly metrics: Metrics;
}

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly { readonly name: string; readonly reason: string }[];
}

const limitMs = 1_000;
/** A flood of probes is one look. */
const freshForMs = 250;

export function mountHealth(server: FastifyInstance, { checks, metrics }: HealthOptions): void {
  const config = { policy: 'open', anonymous: true, unlimited: true } as const;
  let latest: { readonly at: number; readonly answer: Promise<Readiness> } | undefined;

  server.get('/livez', { config }, () => ({ status: 'ok' }));

  server.get('/readyz', { config }, async (_request, reply) => {
    if (!latest || Date.now() - latest.at > freshForMs) latest = { at: Date.now(), answer: readinessOf(checks) };
    const readiness = await latest.answer;
    if (!readiness.ready) reply.code(503).header('retry-after', '1');
    return readiness;
  });

  server.get('/metrics', { config: { policy: 'open', anonymous: true } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}

export async function readinessOf(checks: readonly ReadinessCheck[]): Promise<Readiness> {
  const answers = await Promise.all(
    checks.map(async ({ name, check }) => ({ name, reason: await answerInTime(check) })),
  );
  const reasons = answers.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }]));
  return { ready: reasons.length === 0, reasons };
}

async function answerInTime(check: ReadinessCheck['check']): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, limitMs, `no answer within ${limitMs / 1_000} s`);
  });
  try {
    return await Promise.race([Promise.resolve().then(check), late]);
  } catch {
    // Drivers put addresses and users into their messages.
    return 'does not answer';
  } finally {
    clearTimeout(timer);
  }
}
