// All handlers, each run as one unit of work of the product itself. A job that is declared and has no handler here
// does not compile.
import { systemViewer, type Viewer } from '../auth/viewer.js';
import { type AlarmJobServices, alarmJobs } from './alarm.jobs.js';
import type { JobName, JobPayload, jobCatalog } from './catalog.js';
import { type HousekeepingJobServices, housekeepingJobs } from './housekeeping.jobs.js';
import { type ImeiJobServices, imeiJobs } from './imei.jobs.js';
import { type ImportJobServices, importJobs } from './import.jobs.js';
import type { JobHandlers, JobRun } from './job-runner.js';
import { type LeadKeyJobServices, leadKeyJobs } from './lead-keys.jobs.js';
import { type MailingJobServices, mailingJobs } from './mailing.jobs.js';
import type { ServiceHandlers } from './service-handlers.js';

/** What the services of a unit of work must have for jobs to run on them. */
export type JobServices = HousekeepingJobServices &
  AlarmJobServices &
  ImeiJobServices &
  ImportJobServices &
  LeadKeyJobServices &
  MailingJobServices;

type Unit = (viewer: Viewer, work: (services: JobServices) => Promise<void>) => Promise<void>;

const handlers: ServiceHandlers<JobServices, JobName> = {
  ...housekeepingJobs,
  ...alarmJobs,
  ...imeiJobs,
  ...importJobs,
  ...leadKeyJobs,
  ...mailingJobs,
};

export function jobHandlers(unit: Unit): JobHandlers<typeof jobCatalog> {
  const handler =
    <N extends JobName>(name: N) =>
    (payload: JobPayload<N>, run: JobRun): Promise<void> =>
      unit(systemViewer(`job-${run.id}`), (services) => handlers[name](services, payload, run));
  return {
    housekeeping: handler('housekeeping'),
    tellAlarms: handler('tellAlarms'),
    startMailing: handler('startMailing'),
    endMailing: handler('endMailing'),
    planMailings: handler('planMailings'),
    reapMessages: handler('reapMessages'),
    expireMailings: handler('expireMailings'),
    reconcileImeiChecks: handler('reconcileImeiChecks'),
    checkImeiWatches: handler('checkImeiWatches'),
    feedImeiBatches: handler('feedImeiBatches'),
    continueImports: handler('continueImports'),
    continueLeadRotation: handler('continueLeadRotation'),
  };
}
