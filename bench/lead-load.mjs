// People who leave their data, in a process of its own: keep-alive connections, each sending one new person after another from
// an address that nobody had before. Told what to do by messages of its parent.
import { connect } from 'node:net';

const headerEnd = Buffer.from('\r\n\r\n');
let people = 0;

process.on('message', async ({ id, ...order }) =>
  process.send({ id, result: await load(order).catch((error) => ({ error: String(error) })) }),
);
process.on('disconnect', () => process.exit());

/** Leads a second and latencies in milliseconds; all are to be taken. */
async function load({ url, path, connections, seconds }) {
  const { hostname, port, host } = new URL(url);
  const latencies = [];
  const began = performance.now();
  const until = began + seconds * 1_000;
  const talk = () => converse({ hostname, port, until, latencies, next: () => request({ host, path }) });
  await Promise.all(Array.from({ length: connections }, talk));
  const elapsed = (performance.now() - began) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { perSecond: latencies.length / elapsed, p50: at(0.5), p95: at(0.95), requests: latencies.length };
}

function request({ host, path }) {
  const n = ++people;
  const body = JSON.stringify({
    name: `Person ${n}`,
    email: `person-${n}@example.com`,
    phone: `+79${String(n).padStart(9, '0')}`,
  });
  return Buffer.from(
    [
      `POST ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Content-Type: application/json',
      'Accept: application/json',
      `X-Forwarded-For: 10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}

function converse({ hostname, port, until, latencies, next }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let sentAt = 0;
    let missing = 0;
    const send = () => {
      const bytes = next();
      sentAt = performance.now();
      missing = 0;
      socket.write(bytes);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      if (missing === 0) {
        const end = chunk.indexOf(headerEnd);
        const head = chunk.toString('latin1', 0, end);
        const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
        if (!head.startsWith('HTTP/1.1 201 ') || !(length > 0))
          return socket.destroy(new Error(`unexpected answer: ${chunk}`));
        missing = end + headerEnd.length + length;
      }
      missing -= chunk.length;
      if (missing > 0) return;
      const now = performance.now();
      latencies.push(now - sentAt);
      if (now < until) send();
      else socket.end(resolve);
    });
  });
}
