// What a collector of OpenTelemetry receives: a request with what ran inside it, and nothing that anybody sent.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { startTracing } from '../../src/server/telemetry.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { endPool } from '../support/end-pool.js';
import { bareServer } from '../support/http-server.js';

interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: { stringValue?: string; intValue?: number } }[];
}

let database: TestDatabase;
let collector: Server;
const received: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  collector = createServer(async (request, response) => {
    received.push(`${request.method} ${request.url} ${await text(request)}`);
    response.end('{}');
  });
  await new Promise<void>((listening) => collector.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
  collector.close();
  await database.drop();
});

function spansOf(exports: readonly string[]): ReceivedSpan[] {
  return exports.flatMap((each) => {
    const { resourceSpans } = JSON.parse(each.slice(each.indexOf('{'))) as {
      resourceSpans: { scopeSpans: { spans: ReceivedSpan[] }[] }[];
    };
    return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  });
}

it('sends one span for each request, operation and statement, in one trace, without what was sent', async () => {
  const { port } = collector.address() as AddressInfo;
  const tracing = await startTracing({ endpoint: `http://127.0.0.1:${port}/`, version: '1.2.3' });
  const pool = new pg.Pool({ connectionString: database.url });
  const bare = await bareServer({
    tracing,
    mounts: [
      (server) => {
        server.post('/things/:id', { config: { policy: 'open' } }, () =>
          tracing.span('GraphQL query', { 'graphql.operation.type': 'query' }, async () => {
            const { rows } = await pool.query('select $1::text as name', ['ivan@example.com']);
            return rows;
          }),
        );
        server.get('/crash', { config: { policy: 'open' } }, async () => pool.query("select 'ivan@example.com'::int"));
      },
    ],
  });
  await pool.query('select 1');
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await fetch(`${bare.url}/things/ivan@example.com?password=hunter2`, {
    method: 'POST',
    headers: {
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      'content-type': 'application/json',
      'user-agent': 'hunter2',
    },
    body: '{"password":"hunter2"}',
  });
  expect((await fetch(`${bare.url}/crash`)).status).toBe(500);
  await bare.close();
  await tracing.stop();
  await pool.query('select 2');
  await endPool(pool);

  const spans = spansOf(received);
  const [request, crash] = ['POST /things/:id', 'GET /crash'].map((name) => spans.find((span) => span.name === name));
  const operation = spans.find(({ name }) => name === 'GraphQL query');
  const [statement, failed] = spans.filter(({ name }) => name === 'SQL SELECT');
  expect(spans).toHaveLength(5);
  expect(request).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331' });
  expect(operation).toMatchObject({ traceId, parentSpanId: request?.spanId });
  expect(statement).toMatchObject({ traceId, parentSpanId: operation?.spanId });
  expect(crash?.traceId).not.toBe(traceId);
  expect(failed).toMatchObject({ traceId: crash?.traceId, parentSpanId: crash?.spanId, status: { code: 2 } });
  expect(crash?.status.code).toBe(2);
  expect(request?.attributes).toEqual(
    expect.arrayContaining([
      { key: 'http.route', value: { stringValue: '/things/:id' } },
      { key: 'http.response.status_code', value: { intValue: 200 } },
    ]),
  );
  expect(received.join()).toContain('POST /v1/traces');
  expect(received.join()).toContain('switchboard');
  expect(received.join()).not.toMatch(/ivan|example\.com|hunter2|127\.0\.0\.1/);
});
