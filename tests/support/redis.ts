// A Redis of one test file: Debian's redis-server on a free port, without files. Only for suites of describeWithPeer('redis').
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { peerProgram } from './peers.js';

export interface TestRedis {
  readonly url: string;
  /** Kills it and starts it again on the same port: every connection is lost. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function testRedis(): Promise<TestRedis> {
  const port = await freePort();
  let server = await start(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    restart: async () => {
      await kill(server);
      server = await start(port);
    },
    stop: () => kill(server),
  };
}

async function start(port: number): Promise<ChildProcess> {
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--protected-mode',
    'yes',
  ];
  const server = spawn(peerProgram('redis'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((ready, failed) => {
    let said = '';
    server.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes('Ready to accept connections')) ready();
    });
    server.once('exit', () => failed(new Error(`redis-server ended: ${said}`)));
    server.once('error', failed);
  });
  return server;
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
