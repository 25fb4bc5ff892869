// The ticks that find out what became of lost answers of the IMEI provider, and go on with what dead processes left.
import type { ImeiBatchService } from '../domain/imei/imei-batches.service.js';
import type { ImeiCheckService } from '../domain/imei/imei-checks.service.js';
import type { ServiceHandlers } from './service-handlers.js';

export interface ImeiJobServices {
  readonly imeiBatches: Pick<ImeiBatchService, 'bringOn'>;
  readonly imeiChecks: Pick<ImeiCheckService, 'bringOn'>;
}

export const imeiJobs: ServiceHandlers<ImeiJobServices, 'reconcileImeiChecks' | 'feedImeiBatches'> = {
  reconcileImeiChecks: ({ imeiChecks }) => imeiChecks.bringOn(),
  feedImeiBatches: ({ imeiBatches }) => imeiBatches.bringOn(),
};
