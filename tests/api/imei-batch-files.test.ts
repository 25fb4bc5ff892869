// Batches of IMEI checks as files: CSV and XLSX in, whatever they are like, and the CSV of what came of them out.
import { BatchCalls, cellsOf } from '../support/imei-batches.js';
import { imeiOf } from '../support/imei-calls.js';
import { startImeiProvider, type TestImeiProvider } from '../support/imei-provider.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';
import { stream } from '../support/uploads.js';
import { placeless, workbook } from '../support/workbook.js';

let provider: TestImeiProvider;
let server: TestServer;
let staff: Client;
let calls: BatchCalls;
let next = 0;

beforeAll(async () => {
  provider = await startImeiProvider();
  server = await testServer({
    ROLES: 'web,worker',
    ...{
      IMEICHECK_URL: provider.url,
      IMEICHECK_TOKEN: 'test',
      IMEI_TIMEOUT: '2s',
      IMEI_CHECKS_PER_DAY: '100000',
      USER_REQUESTS_PER_MINUTE: '100000',
    },
  });
  staff = await server.person('OPERATOR');
  calls = new BatchCalls(staff);
}, 60_000);
beforeEach(() => provider.setMood({ mode: 'ok' }));
afterAll(async () => {
  await server.close();
  await provider.stop();
});

const phones = (count: number): string[] => Array.from({ length: count }, () => imeiOf(next++));

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly fields?: readonly { path: string; code: string }[];
}

async function refusal(content: Parameters<BatchCalls['send']>[0], query = ''): Promise<Problem & { status: number }> {
  const answer = await calls.send(content, query);
  return { status: answer.status, ...((await answer.json()) as Problem) };
}

const leftOver = async () =>
  (await server.database.query<{ n: number }>('select count(*)::int as n from imei_batch where received_at is null'))[0]
    ?.n;

describe('a file', () => {
  it.each<[string, (imeis: readonly string[]) => string | Uint8Array<ArrayBuffer>]>([
    ['a CSV with a header', (imeis) => ['id,IMEI,note', ...imeis.map((imei, n) => `${n},${imei},x`)].join('\n')],
    ['a CSV of bare numbers', (imeis) => imeis.join('\r\n')],
    [
      'with semicolons and a Russian header',
      (imeis) => `Телефон;Имей\n${imeis.map((imei) => `a;${imei}`).join('\n')}\n`,
    ],
    [
      'with spaces, dashes, blank lines and numbers that are there twice',
      (imeis) => `imei\n\n${imeis.flatMap((imei) => [imei.replace(/^(.{6})(.{8})/, '$1-$2 '), '', imei]).join('\n')}`,
    ],
    [
      'in CP1251',
      (imeis) =>
        Uint8Array.from(Buffer.concat([Buffer.from([0xe8, 0xec, 0xe5, 0xe9, 0x0a]), Buffer.from(imeis.join('\n'))])),
    ],
    ['in UTF-16', (imeis) => Uint8Array.from(Buffer.from(`\ufeffimei\n${imeis.join('\n')}`, 'utf16le'))],
    ['a workbook of texts', (imeis) => workbook([['model', 'imei'], ...imeis.map((imei) => ['x', imei])])],
    [
      'a workbook whose cells do not say where they stand',
      (imeis) => placeless(workbook([['imei'], ...imeis.map((imei) => [imei])])),
    ],
    ['a workbook of numbers', (imeis) => workbook([['imei'], ...imeis.map((imei) => [Number(imei)])])],
  ])('is read: %s', async (_name, contentOf) => {
    const imeis = phones(3);
    const { id, total } = await calls.sent(contentOf(imeis));
    expect(total).toBe(3);
    await expect(calls.ended(id)).resolves.toMatchObject({ status: 'COMPLETED', successful: 3 });
    expect((await provider.log()).filter(({ deviceId }) => imeis.includes(deviceId))).toHaveLength(3);
  });

  it('goes with its terms, and is the same one where its key is', async () => {
    const csv = phones(3).join('\n');
    const send = (query: string) => calls.send(csv, query, { 'idempotency-key': 'file' });
    const first = await send('?costLimit=0.02&serviceId=22');
    expect(first.status).toBe(202);
    const { id, costLimit } = (await first.json()) as { id: string; costLimit: string };
    expect(costLimit).toBe('0.02');
    expect(first.headers.get('location')).toBe(`/api/v1/imei/batches/${id}`);
    await expect(calls.ended(id)).resolves.toMatchObject({ status: 'COST_LIMIT', done: 2, skipped: 1, cost: '0.02' });
    await expect((await send('?costLimit=0.02&serviceId=22')).json()).resolves.toMatchObject({ id });
    expect((await send('?serviceId=22')).status).toBe(409);
    expect(await leftOver()).toBe(0);
  });

  it('with a bad row is refused by the numbers of its rows, and nothing of it is ordered', async () => {
    const before = await calls.list();
    const refused = await refusal(`note,imei\na,${phones(1)[0]}\n\nb,356735111052190\nc,\nd,=1+1\n`);
    expect(refused).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(refused.fields).toMatchObject([
      { path: 'rows.4', code: 'CHECKSUM' },
      { path: 'rows.5', code: 'LENGTH' },
      { path: 'rows.6', code: 'NOT_DIGITS' },
    ]);
    expect(JSON.stringify(refused)).not.toContain('356735111052190');
    await expect(calls.list()).resolves.toEqual(before);
    expect(await leftOver()).toBe(0);
  });

  it.each<[string, string | Uint8Array<ArrayBuffer>, number]>([
    ['nothing', '', 400],
    ['a header alone', 'imei\n', 400],
    ['a table of something else', 'name,phone\nIvan,x\n', 400],
    ['JSON', '{"imeis":[]}', 415],
    ['a picture', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]), 415],
    ['a workbook that is none', Uint8Array.from(Buffer.from('PK\x03\x04 and nothing else')), 415],
    ['a line without an end', `imei\n${'1'.repeat(10_000)}`, 413],
    ['a quote that is never closed', `imei\n"${'356735111052198\n'.repeat(3_000)}`, 400],
    ['wrong terms', '356735111052198', 400],
  ])('is refused where it is %s', async (name, content, status) => {
    const query = name === 'wrong terms' ? '?costLimit=much' : '';
    await expect(refusal(content, query)).resolves.toMatchObject({ status, code: 'BAD_USER_INPUT' });
    expect(await leftOver()).toBe(0);
  });

  it('that is all bad rows is read no further than a hundred of them', async () => {
    const refused = await refusal(`imei\n${'1\n'.repeat(50_000)}`);
    expect(refused.fields).toHaveLength(100);
  });

  it('is taken in as it comes', async () => {
    const imeis = Array.from({ length: 20_000 }, (_, n) => imeiOf(n, '35209900'));
    const stored = async () =>
      (
        await server.database.query<{ n: number }>('select count(*)::int as n from imei_batch_item where imei = $1', [
          imeis[0],
        ])
      )[0]?.n;
    async function* content() {
      yield `imei\n${imeis.slice(0, 19_000).join('\n')}\n`;
      await until(async () => (await stored()) === 1, 10_000, 'what was sent to be stored before the rest is');
      yield imeis.slice(19_000).join('\n');
    }
    const answer = await stream(staff, '/api/v1/imei/batches?serviceId=12', content());
    expect(answer.status).toBe(202);
    const batch = (await answer.json()) as { id: string; total: number };
    expect(batch.total).toBe(20_000);
    expect((await calls.cancel(batch.id)).errors).toBeUndefined();
    await calls.ended(batch.id);
  }, 60_000);
});

describe('the result', () => {
  it('has every device with what came of it, in the order of the file, for who holds the link', async () => {
    const [one = '', two = '', three = ''] = phones(3);
    await provider.change(one, { fmiOn: true });
    const { id } = await calls.sent(`imei\n${one}\n${two}\n${three}\n`, '?costLimit=0.15');
    const { resultUrl, cost } = await calls.ended(id);
    const answer = await server.nobody.fetch(resultUrl);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="imei-batch-${id}.csv"`);
    const [header = [], ...rows] = cellsOf(await answer.text());
    const column = (name: string) => rows.map((cells) => cells[header.indexOf(name)]);
    expect(column('row')).toEqual(['2', '3', '4']);
    expect(column('imei')).toEqual([one, two, three]);
    expect(column('status')).toEqual(['SUCCESSFUL', 'SUCCESSFUL', 'SKIPPED']);
    expect(column('brand')).toEqual(['Apple', 'Apple', '']);
    expect(column('cost')).toEqual(['0.06', '0.06', '']);
    expect(Number(cost)).toBeCloseTo(0.12);
    const entries = await server.database.query(
      "select from audit_entry where action = 'exportImeiBatch' and subject = $1",
      [`imeiBatch:${id}`],
    );
    expect(entries).toHaveLength(1);
    expect((await server.nobody.fetch(`/api/v1/imei/batches/${id}/result.csv`)).status).toBe(401);
    expect((await server.nobody.fetch(resultUrl.replace(/signature=.{3}/, 'signature=AAA'))).status).toBe(401);
    expect((await staff.fetch(`/api/v1/imei/batches/${id}/result.csv`)).status).toBe(200);
  });

  it('has no cell that a spreadsheet takes for a formula', async () => {
    const { id } = await calls.sent(phones(1).join('\n'));
    await calls.ended(id);
    await server.database.query(
      `update imei_exchange set device = jsonb_set(device, '{name}', '"=HYPERLINK(\\"http://x\\")"') where id =
       (select exchange_id from imei_check c join imei_batch_item i on i.check_id = c.id where i.batch_id = $1)`,
      [id],
    );
    const text = await (await staff.fetch(`/api/v1/imei/batches/${id}/result.csv`)).text();
    expect(text).toContain('"\'=HYPERLINK(');
  });
});

it('takes a list as JSON, and is stopped, over REST', async () => {
  await provider.setMood({ mode: 'slow', latencyMs: 500 });
  const answer = await staff.fetch('/api/v1/imei/batches', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imeis: phones(50), costLimit: '9.5' }),
  });
  expect(answer.status).toBe(202);
  const { id } = (await answer.json()) as { id: string };
  const found = await staff.fetch(`/api/v1/imei/batches/${id}`);
  await expect(found.json()).resolves.toMatchObject({ id, status: 'RUNNING', total: 50, costLimit: '9.5' });
  const cancelled = await staff.fetch(`/api/v1/imei/batches/${id}/cancel`, { method: 'POST' });
  await expect(cancelled.json()).resolves.toMatchObject({ status: 'CANCELLED' });
  await calls.ended(id);
});
