import { testServer } from '../support/server.js';
it('c', async () => { const g = await testServer({ROLES:'web,worker'}); await g.close(); });
