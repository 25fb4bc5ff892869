// The tick that finds out what became of lost answers of the IMEI provider, and goes on with what dead processes left.
import type { ImeiCheckService } from '../domain/imei/imei-checks.service.js';
import type { ServiceHandlers } from './service-handlers.js';

export interface ImeiJobServices {
  readonly imeiChecks: Pick<ImeiCheckService, 'bringOn'>;
}

export const imeiJobs: ServiceHandlers<ImeiJobServices, 'reconcileImeiChecks'> = {
  reconcileImeiChecks: ({ imeiChecks }) => imeiChecks.bringOn(),
};
