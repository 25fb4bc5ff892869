// The shape of a handler in a <noun>.jobs.ts: services, payload, run; one call, and no thinking.
import type { JobName, JobPayload } from './catalog.js';
import type { JobRun } from './job-runner.js';

export type ServiceHandlers<Services, Names extends JobName> = {
  readonly [N in Names]: (services: Services, payload: JobPayload<N>, run: JobRun) => Promise<void>;
};
