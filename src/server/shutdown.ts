// How the program is told to stop: Ctrl-C means now, SIGTERM means when what runs is done, a second signal means at once.
import type { Logger } from '../shared/logger.js';

export interface StopRequest {
  /** How long the process is still at work, and only says that it is not ready. */
  readonly drainMs?: number;
  readonly graceMs: number;
}

export interface Stopping {
  /** Aborted together with `asked`, for what waits. */
  readonly signal: AbortSignal;
  readonly asked: Promise<StopRequest>;
}

/** Milliseconds until the process has ended what it does, DRAIN_DELAY included. */
const limits = { SIGINT: 3_500, SIGTERM: 22_000, SIGHUP: 22_000 } as const;
/** One Ctrl-C arrives twice below npm: from the terminal, and once more from npm. */
const sameSignalMs = 1_000;

/** A person at a terminal does not wait for load balancers: after Ctrl-C there is no DRAIN_DELAY. */
export function untilAskedToStop(log: Logger, drainDelay: number): Stopping {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<StopRequest>();
  let first: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const now = Date.now();
      if (first !== undefined && now - first < sameSignalMs) return;
      if (first !== undefined) process.exit(1);
      first = now;
      log.info({ signal: name }, 'stopping');
      controller.abort();
      const drainMs = name === 'SIGINT' ? 0 : drainDelay;
      resolve({ drainMs, graceMs: limits[name] - drainMs });
    });
  }
  return { signal: controller.signal, asked: promise };
}
