// A thousand subscribers in one process that costs as little as it can, so that the server is what is measured: frames
// are counted where they stand, not parsed. Order is checked for each of them, latency for every 17th.
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const query = 'subscription { testEvents { id at } }';
/** Ids are given in the order of commits, without gaps where nobody else publishes. */
const idMark = '"testEvents":{"id":"';
const sampleEvery = 17;
const opcodes = { text: 1, close: 8, ping: 9, pong: 10 };

const seen = { delivered: 0, missing: 0, disordered: 0, refused: 0 };
let latencies = [];

/** Masked with zeroes, which leaves the payload as it is. */
function frame(text, opcode = opcodes.text) {
  const payload = Buffer.from(text);
  const { length } = payload;
  const head = length < 126 ? [0x80 | opcode, 0x80 | length] : [0x80 | opcode, 0xfe, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

class Subscriber {
  #rest = Buffer.alloc(0);
  #upgraded = false;
  #last = 0;
  #ready = Promise.withResolvers();

  constructor({ port, token }) {
    this.wire = connect(port, '127.0.0.1');
    this.token = token;
    this.wire.on('connect', () => this.wire.write(upgradeRequest));
    this.wire.on('data', (chunk) => this.#read(chunk));
    this.wire.on('error', (error) => this.#ready.reject(error));
  }

  get ready() {
    return this.#ready.promise;
  }

  #read(chunk) {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = this.#upgraded ? 0 : this.#upgrade(data);
    while (data.length - at >= 2) {
      const short = data[at + 1];
      const head = short === 126 ? 4 : 2;
      if (data.length - at < head) break;
      const end = at + head + (short === 126 ? data.readUInt16BE(at + 2) : short);
      if (data.length < end) break;
      this.#take(data, { opcode: data[at] & 15, from: at + head, end });
      at = end;
    }
    this.#rest = data.subarray(at);
  }

  #upgrade(data) {
    const end = data.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    if (!data.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) throw new Error(data.toString('latin1', 0, 80));
    this.#upgraded = true;
    this.wire.write(frame(JSON.stringify({ type: 'connection_init', payload: this.token && { token: this.token } })));
    return end + 4;
  }

  #take(data, { opcode, from, end }) {
    if (opcode === opcodes.ping) return this.wire.write(frame(data.toString('latin1', from, end), opcodes.pong));
    if (opcode === opcodes.close) seen.refused += 1;
    if (opcode !== opcodes.text) return undefined;
    const mark = data.indexOf(idMark, from, 'latin1');
    if (mark < 0 || mark >= end) return this.#answer(data.toString('utf8', from, end));
    const quote = data.indexOf(34, mark + idMark.length);
    return this.#count(Number(data.latin1Slice(mark + idMark.length, quote)), () =>
      // "at":"1732000000000"}}}} ends every one of them.
      Number(data.latin1Slice(end - 18, end - 5)),
    );
  }

  #count(id, publishedAt) {
    if (id <= this.#last) seen.disordered += 1;
    else if (this.#last > 0) seen.missing += id - this.#last - 1;
    this.#last = id;
    seen.delivered += 1;
    if (seen.delivered % sampleEvery === 0) latencies.push(Date.now() - publishedAt());
  }

  #answer(text) {
    const { type } = JSON.parse(text);
    if (type === 'connection_ack') {
      this.wire.write(frame(JSON.stringify({ id: randomUUID(), type: 'subscribe', payload: { query } })));
      this.#ready.resolve();
    } else {
      seen.refused += 1;
      process.stderr.write(`${text}\n`);
    }
  }
}

const upgradeRequest = [
  'GET /graphql HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Protocol: graphql-transport-ws',
  '',
  '',
].join('\r\n');

async function open({ url, token, count }) {
  const { port } = new URL(url);
  for (let n = 0; n < count; n += 50) {
    await Promise.all(Array.from({ length: 50 }, () => new Subscriber({ port, token }).ready));
  }
  await sleep(500);
}

/** From now on, for so many seconds. */
async function measure({ seconds }) {
  const before = seen.delivered;
  latencies = [];
  const startedAt = performance.now();
  await sleep(seconds * 1_000);
  const elapsed = (performance.now() - startedAt) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor(latencies.length * share)] ?? Number.POSITIVE_INFINITY;
  return { ...seen, deliveries: (seen.delivered - before) / elapsed, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

const commands = { open, measure };
process.on('message', async ({ name, ...input }) => process.send({ result: await commands[name](input) }));
process.once('disconnect', () => process.exit());
