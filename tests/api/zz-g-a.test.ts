import { startGateway } from '../support/gateway.js';
it('a', async () => { const g = await startGateway(); await g.stop(); });
