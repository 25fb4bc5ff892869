// Mailings at their moments, and the ticks that make good for whatever was missed.
import type { PlanService } from '../domain/mailings/plan.service.js';
import type { UpkeepService } from '../domain/mailings/upkeep.service.js';
import type { ServiceHandlers } from './service-handlers.js';

export interface MailingJobServices {
  readonly plans: PlanService;
  readonly upkeep: UpkeepService;
}

type MailingJobs = 'startMailing' | 'endMailing' | 'planMailings' | 'reapMessages' | 'expireMailings';

export const mailingJobs: ServiceHandlers<MailingJobServices, MailingJobs> = {
  startMailing: ({ plans }, { mailingId }, { signal }) => plans.start(mailingId, signal),
  endMailing: ({ upkeep }, { mailingId }, { signal }) => upkeep.end(mailingId, signal),
  planMailings: ({ plans }, _payload, { signal }) => plans.bringOn(signal),
  reapMessages: ({ upkeep }) => upkeep.reap(),
  expireMailings: ({ upkeep }, _payload, { signal }) => upkeep.expire(signal),
};
