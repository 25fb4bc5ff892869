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
    if (request.url === '/hints') {
      for (let i = 0; i < 1_000; i++) response.writeEarlyHints({ link: '</x>; rel=preload' });
    }
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
  '192.88.99.1',
  '[::7f00:1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::1]',
  '[2001:0:4136:e378::1]',
  '[2001:2::1]',
  '[2001:db8::1]',
  '[3fff::1]',
  '[5f00::1]',
  '[fec0::1]',
  '[fe80::1]',
  '[ff02::1]',
  '[4000::1]',
])('refuses %s, which is not on the public Internet', async (host) => {
  await expect(get([], `http://${host}:${port}/`)).rejects.toMatchObject({ code: 'EGRESS_REFUSED' });
});

it('refuses an IPv4 address in IPv6 spelling only where the IPv4 address is private', async () => {
  await expect(get([], 'http://[::ffff:10.0.0.1]/')).rejects.toMatchObject({ code: 'EGRESS_REFUSED' });
  await expect(get(['127.0.0.1'], `http://[::ffff:127.0.0.1]:${port}/`)).resolves.toMatchObject({ status: 200 });
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

it('reads no more than a few interim answers', async () => {
  await expect(get(['127.0.0.1'], `http://127.0.0.1:${port}/hints`)).rejects.toThrow('too many interim answers');
});
