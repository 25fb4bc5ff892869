// A command beside the server: one piece of the product's own work, with its configuration and its database, whether the server
// runs or not.
import { randomUUID } from 'node:crypto';
import { App } from '../app.js';
import { systemViewer } from '../auth/viewer.js';
import { readConfig } from '../config.js';
import type { Services } from '../domain/services.js';
import { createLogger } from '../shared/logger.js';
import { unknownSettings } from './unknown-settings.js';

export async function visit<T>(work: (services: Services) => Promise<T>): Promise<T> {
  for (const sentence of unknownSettings()) process.stderr.write(`${sentence}\n`);
  const config = { ...readConfig([]), ROLES: [] };
  const log = createLogger({ level: 'warn', format: 'pretty' });
  const app = await App.create({ config, log, visitor: true });
  try {
    await app.prepareDatabase(AbortSignal.timeout(15_000));
    return await app.unit(systemViewer(randomUUID()), work);
  } finally {
    await app.close(0);
  }
}
