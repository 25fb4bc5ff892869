// The product itself, from its composition root, in production mode: every rule and limit on, their numbers raised.
import { App } from '../../dist/src/app.js';
import { readConfig } from '../../dist/src/config.js';
import { serve } from '../../dist/src/server/serve.js';
import { createLogger } from '../../dist/src/shared/logger.js';
import { BenchResolver, rootFields } from './bench-resolvers.mjs';
import { ready } from './rows.mjs';

const config = readConfig([], '/nonexistent');
const log = createLogger({ level: config.LOG_LEVEL, format: 'json' });
const app = await App.create({ config, log, extension: { resolvers: [BenchResolver], rootFields } });
const service = await serve(app);
await app.prepare(AbortSignal.timeout(60_000));
ready(service.url);
