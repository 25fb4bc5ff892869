// The tick that goes on with a rotation of the leads' keys, also after a death.
import type { LeadKeyService } from '../domain/leads/lead-keys.service.js';
import type { ServiceHandlers } from './service-handlers.js';

export interface LeadKeyJobServices {
  readonly leadKeys: Pick<LeadKeyService, 'bringOn'>;
}

export const leadKeyJobs: ServiceHandlers<LeadKeyJobServices, 'continueLeadRotation'> = {
  continueLeadRotation: ({ leadKeys }, _payload, { signal }) => leadKeys.bringOn(signal),
};
