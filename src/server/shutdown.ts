// How the program is told to stop: Ctrl-C means now, SIGTERM means when what runs is done, a second signal means at once.
import type { Logger } from '../shared/logger.js';

export interface StopRequest {
  readonly graceMs: number;
}

export interface Stopping {
  /** Aborted together with `asked`, for what waits. */
  readonly signal: AbortSignal;
  readonly asked: Promise<StopRequest>;
}

const graces = { SIGINT: 3_500, SIGTERM: 22_000, SIGHUP: 22_000 } as const;
/** One Ctrl-C arrives twice below npm: from the terminal, and once more from npm. */
const sameSignalMs = 1_000;

export function untilAskedToStop(log: Logger): Stopping {
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
      resolve({ graceMs: graces[name] });
    });
  }
  return { signal: controller.signal, asked: promise };
}
