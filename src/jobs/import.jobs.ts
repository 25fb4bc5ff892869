// The tick that reads uploads, and goes on with those whose reader died.
import type { ImportService } from '../domain/imports/imports.service.js';
import type { ServiceHandlers } from './service-handlers.js';

export interface ImportJobServices {
  readonly imports: Pick<ImportService, 'continue'>;
}

export const importJobs: ServiceHandlers<ImportJobServices, 'continueImports'> = {
  continueImports: ({ imports }, _payload, { signal }) => imports.continue(signal),
};
