// The ticks that find out what became of lost answers of the IMEI provider, go on with what dead processes left, and begin the checks
// of watches.
import type { ImeiCheckService } from '../domain/imei/imei-checks.service.js';
import type { ImeiWatchService } from '../domain/imei/imei-watches.service.js';
import type { ServiceHandlers } from './service-handlers.js';

export interface ImeiJobServices {
  readonly imeiChecks: Pick<ImeiCheckService, 'bringOn'>;
  readonly imeiWatches: Pick<ImeiWatchService, 'checkDue'>;
}

export const imeiJobs: ServiceHandlers<ImeiJobServices, 'reconcileImeiChecks' | 'checkImeiWatches'> = {
  reconcileImeiChecks: ({ imeiChecks }) => imeiChecks.bringOn(),
  checkImeiWatches: ({ imeiWatches }, _payload, { signal }) => imeiWatches.checkDue(signal),
};
