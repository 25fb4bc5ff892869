// What orchestration and Prometheus are told: alive, ready and why not, and numbers without anybody's data.
import { setTimeout as sleep } from 'node:timers/promises';
import { mountHealth, type ReadinessCheck } from '../../src/server/health.js';
import { Metrics } from '../../src/server/metrics.js';
import { type BareServer, bareServer } from '../support/http-server.js';

async function healthServer(...checks: ReadinessCheck[]): Promise<BareServer> {
  const metrics = new Metrics();
  return bareServer({
    metrics,
    mounts: [
      (server) => {
        mountHealth(server, { checks, metrics });
        server.get('/things/:id', { config: { policy: 'open' } }, () => 'ok');
      },
    ],
  });
}

describe('/readyz', () => {
  it('is 200 while nothing stands against it', async () => {
    const bare = await healthServer({ name: 'database', check: async () => undefined });
    const answer = await fetch(`${bare.url}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([200, { ready: true, reasons: [] }]);
    await bare.close();
  });

  it('is 503 with every reason, within a second and a half, and keeps drivers’ words to itself', async () => {
    const bare = await healthServer(
      { name: 'database', check: () => Promise.reject(new Error('connect ECONNREFUSED admin:secret@10.0.0.1')) },
      { name: 'scheduler', check: () => new Promise(() => undefined) },
      { name: 'draining', check: () => 'this process is stopping' },
      { name: 'keys', check: () => undefined },
    );
    const begun = Date.now();
    const answer = await fetch(`${bare.url}/readyz/`);
    expect(Date.now() - begun).toBeLessThan(1_500);
    expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true]);
    expect(await answer.json()).toEqual({
      ready: false,
      reasons: [
        { name: 'database', reason: 'does not answer' },
        { name: 'scheduler', reason: 'no answer within 1 s' },
        { name: 'draining', reason: 'this process is stopping' },
      ],
    });
    await bare.close();
  });

  it('looks once for a flood of probes, and again a moment later', async () => {
    let looks = 0;
    const bare = await healthServer({ name: 'database', check: () => void looks++ });
    await Promise.all(Array.from({ length: 20 }, () => fetch(`${bare.url}/readyz`)));
    expect(looks).toBe(1);
    await sleep(300);
    await fetch(`${bare.url}/readyz`);
    expect(looks).toBe(2);
    await bare.close();
  });
});

it('/livez asks nobody', async () => {
  const bare = await healthServer({ name: 'database', check: () => new Promise(() => undefined) });
  const answer = await fetch(`${bare.url}/livez`);
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
  await bare.close();
});

it('/metrics counts by route, kind and name, without ids', async () => {
  const bare = await healthServer();
  bare.metrics.graphqlOperation('query', 'ok', 0.01);
  bare.metrics.jobRun('housekeeping', 'failed', 2);
  bare.metrics.watch({ name: 'websocket_connections', help: 'Open sockets.', read: () => 3 });
  bare.metrics.watch({
    name: 'pg_pool_connections',
    help: 'Connections.',
    label: 'state',
    read: () => ({ idle: 4, busy: 1 }),
  });
  await fetch(`${bare.url}/things/4711?email=ivan@example.com`);
  await fetch(`${bare.url}/nobody/4712`);
  const answer = await fetch(`${bare.url}/metrics`);
  const text = await answer.text();
  expect(answer.headers.get('content-type')).toContain('text/plain');
  expect(text).toContain(
    'switchboard_http_request_duration_seconds_count{method="GET",route="/things/:id",status="200"} 1',
  );
  expect(text).toContain('switchboard_http_request_duration_seconds_count{method="GET",route="(none)",status="404"} 1');
  expect(text).toContain('switchboard_graphql_operation_duration_seconds_count{kind="query",outcome="ok"} 1');
  expect(text).toContain('switchboard_job_run_duration_seconds_count{job="housekeeping",outcome="failed"} 1');
  expect(text).toContain('switchboard_websocket_connections 3');
  expect(text).toContain('switchboard_pg_pool_connections{state="idle"} 4');
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(text).not.toMatch(/4711|4712|ivan/);
  await bare.close();
});
