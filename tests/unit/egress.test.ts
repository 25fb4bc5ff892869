// Requests to the outside go to public addresses only, whatever name they hide behind; answers are bounded.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Egress } from '../../src/shared/egress.js';

let server: Server;
let port: number;
const closed: Egress[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/huge') return response.end('x'.repeat(200_000));
    if (request.url === '/away') return response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    if (request.url === '/hang') return;
    response.end('hello');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as { port: number }).port;
});
afterAll(async () => {
  await Promise.all(closed.map((egress) => egress.close()));
  server.closeAllConnections();
  server.close();
});

const get = (allowed: string[], url: string) => {
  const egress = new Egress(allowed);
  closed.push(egress);
  return egress.exchange({ method: 'GET', url, timeoutMs: 1_000 });
};

it.each([
  '127.0.0.1',
  'localhost',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '10.0.0.1',
  '169.254.169.254',
  '[fd00::1]',
  '0.0.0.0',
  '2130706433',
  '0x7f.1',
])('refuses %s', async (host) => {
  await expect(get([], `http://${host}:${port}/`)).rejects.toMatchObject({ code: 'EGRESS_REFUSED' });
});

it('reaches a private address that is allowed by name', async () => {
  await expect(get(['127.0.0.0/8'], `http://127.0.0.1:${port}/`)).resolves.toEqual({ status: 200, text: 'hello' });
});

it('follows no redirect', async () => {
  await expect(get(['127.0.0.1'], `http://127.0.0.1:${port}/away`)).resolves.toMatchObject({ status: 302 });
});

it('reads no answer without end and waits for none without end', async () => {
  await expect(get(['127.0.0.1'], `http://127.0.0.1:${port}/huge`)).rejects.toThrow();
  await expect(get(['127.0.0.1'], `http://127.0.0.1:${port}/hang`)).rejects.toMatchObject({ name: 'TimeoutError' });
});
