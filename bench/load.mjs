// The load, in a process of its own: keep-alive connections that send one request after another and count bytes, because
// on a shared machine whatever the client costs is missing at the server. Told what to do by messages of its parent.
import { connect } from 'node:net';

const headerEnd = Buffer.from('\r\n\r\n');

process.on('message', async ({ id, ...order }) =>
  process.send({ id, result: await load(order).catch((error) => ({ error: String(error) })) }),
);
process.on('disconnect', () => process.exit());

/** Requests a second and latencies in milliseconds, over `seconds` after every connection has had its first answer. */
async function load({ url, path = '/graphql', token, query, body = JSON.stringify({ query }), connections, seconds }) {
  const { hostname, port } = new URL(url);
  const request = Buffer.from(
    [
      `POST ${path} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Content-Type: application/json',
      'Accept: application/json',
      ...(token ? [`Authorization: Bearer ${token}`] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
  const latencies = [];
  const until = performance.now() + seconds * 1_000;
  const began = performance.now();
  const lengths = new Set();
  await Promise.all(
    Array.from({ length: connections }, () => converse({ hostname, port, request, until, latencies, lengths })),
  );
  const elapsed = (performance.now() - began) / 1_000;
  if (lengths.size !== 1) throw new Error(`answers of different lengths: ${[...lengths]}`);
  latencies.sort((a, b) => a - b);
  return {
    requestsPerSecond: latencies.length / elapsed,
    p50: at(latencies, 0.5),
    p99: at(latencies, 0.99),
    requests: latencies.length,
  };
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function converse({ hostname, port, request, until, latencies, lengths }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let sentAt = 0;
    let missing = 0;
    const send = () => {
      sentAt = performance.now();
      missing = 0;
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      if (missing === 0) {
        const end = chunk.indexOf(headerEnd);
        const head = chunk.toString('latin1', 0, end);
        const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
        if (!head.startsWith('HTTP/1.1 200 ') || !(length > 0))
          return socket.destroy(new Error(`unexpected answer: ${head}`));
        lengths.add(length);
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
