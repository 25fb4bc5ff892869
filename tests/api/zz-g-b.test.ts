import { testServer } from '../support/server.js';
it('b', async () => { const g = await testServer({ROLES:'web,worker', MESSAGE_GATEWAY_URL: 'http://127.0.0.1:9'}); await g.close(); });
