// The tick that keeps the tables from growing for ever.
import type { HousekeepingService } from '../domain/system/housekeeping.service.js';
import type { ServiceHandlers } from './service-handlers.js';

export interface HousekeepingJobServices {
  readonly housekeeping: HousekeepingService;
}

export const housekeepingJobs: ServiceHandlers<HousekeepingJobServices, 'housekeeping'> = {
  housekeeping: ({ housekeeping }, _payload, { signal }) => housekeeping.tidyUp(signal),
};
