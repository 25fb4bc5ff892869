// The ticks that find out what became of lost answers of the IMEI provider, go on with what dead processes left, and order the checks
// of batches and watches.
import type { ImeiBatchService } from '../domain/imei/imei-batches.service.js';
import type { ImeiCheckService } from '../domain/imei/imei-checks.service.js';
import type { ImeiWatchService } from '../domain/imei/imei-watches.service.js';
import type { ServiceHandlers } from './service-handlers.js';

export interface ImeiJobServices {
  readonly imeiBatches: Pick<ImeiBatchService, 'bringOn'>;
  readonly imeiChecks: Pick<ImeiCheckService, 'bringOn'>;
  readonly imeiWatches: Pick<ImeiWatchService, 'checkDue'>;
}

type ImeiJobs = 'reconcileImeiChecks' | 'feedImeiBatches' | 'checkImeiWatches';

export const imeiJobs: ServiceHandlers<ImeiJobServices, ImeiJobs> = {
  reconcileImeiChecks: ({ imeiChecks }) => imeiChecks.bringOn(),
  feedImeiBatches: ({ imeiBatches }) => imeiBatches.bringOn(),
  checkImeiWatches: ({ imeiWatches }, _payload, { signal }) => imeiWatches.checkDue(signal),
};
