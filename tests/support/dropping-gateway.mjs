// A message gateway in a thread of its own that accepts everything and, told to, drops its idle connections while the thread of
// the test stands still: what the test sends next, it sends before it can know.
import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const body = '{"code":0,"message":"OK"}';
const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const state = new Int32Array(workerData);
const sockets = new Set();

const server = createServer((socket) => {
  sockets.add(socket);
  socket.on('data', () => socket.write(answer)).on('error', () => undefined);
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));

parentPort.on('message', async (how) => {
  const dropped = [...sockets].map(
    (socket) =>
      new Promise((resolve) => {
        if (how === 'reset') socket.once('close', resolve).resetAndDestroy();
        else socket.end(resolve);
      }),
  );
  sockets.clear();
  await Promise.all(dropped);
  Atomics.store(state, 0, 1);
  Atomics.notify(state, 0);
});
