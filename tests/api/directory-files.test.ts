// Rows of files as the directory takes them, a thousand at a time: who is known, who is new, who comes back, and what is counted.
import { systemViewer } from '../../src/auth/viewer.js';
import { type ClientImportRow, clientImportRow } from '../../src/domain/clients/client.inputs.js';
import { type SuppressionImportRow, suppressionImportRow } from '../../src/domain/clients/suppression.inputs.js';
import { addClient, createClient, deleteClient, findClient, listClients, updateClient } from '../support/clients.js';
import { type Client as Asking, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let operator: Asking;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web', DEFAULT_TIMEZONE: 'Europe/Samara' });
  operator = await server.person('OPERATOR');
});
afterAll(() => server.close());
afterEach(() => server.database.query('truncate client, lead, suppression'));

const upsert = (rows: ClientImportRow[]) =>
  server.app.unit(systemViewer('test'), ({ clients, work }) => work.write((tx) => clients.upsertMany(tx, rows)));
const suppressAll = (rows: SuppressionImportRow[]) =>
  server.app.unit(systemViewer('test'), ({ suppressions, work }) => work.write((tx) => suppressions.addMany(tx, rows)));
const everybody = async () => (await listClients(operator, { orderBy: 'PHONE', first: 100 })).data?.clients.nodes;
const faults = (parsed: { error?: { issues: { path: PropertyKey[]; message: string }[] } | undefined }) =>
  parsed.error?.issues.map(({ path, message }) => [path[0], message]);

describe('clients', () => {
  it('are added with what the file says, and what it leaves out made good', async () => {
    const counts = await upsert([
      { phone: '79001234567' },
      { phone: '79007654321', operatorCode: '916', tag: 'vip', timezone: 'Asia/Tokyo', name: 'Anna' },
    ]);
    expect(counts).toEqual({ created: 2, updated: 0 });
    expect(await everybody()).toMatchObject([
      { phone: '79001234567', operatorCode: '900', tag: '', timezone: 'Europe/Samara', name: null },
      { phone: '79007654321', operatorCode: '916', tag: 'vip', timezone: 'Asia/Tokyo', name: 'Anna' },
    ]);
  });

  it('that are known keep what the file leaves out', async () => {
    const known = await addClient(operator, { tag: 'vip', name: 'Anna', operatorCode: '916', timezone: 'Asia/Tokyo' });
    expect(await upsert([{ phone: known.phone, name: 'Boris' }])).toEqual({ created: 0, updated: 1 });
    const now = await findClient(operator, known.id);
    expect(now).toMatchObject({ tag: 'vip', name: 'Boris', operatorCode: '916', timezone: 'Asia/Tokyo' });
    expect(await upsert([{ phone: known.phone, name: 'Boris' }])).toEqual({ created: 0, updated: 1 });
    expect((await findClient(operator, known.id))?.updatedAt).toBe(now?.updatedAt);
  });

  it('that were deleted come back as the file says', async () => {
    const gone = await addClient(operator, { tag: 'vip', name: 'Anna', operatorCode: '916', timezone: 'Asia/Tokyo' });
    await deleteClient(operator, gone.id);
    expect(await upsert([{ phone: gone.phone, tag: 'new' }])).toEqual({ created: 1, updated: 0 });
    expect(await findClient(operator, gone.id)).toMatchObject({
      ...{ tag: 'new', name: null, operatorCode: '900', timezone: 'Europe/Samara' },
    });
  });

  it('that come twice are as if they had come one after the other', async () => {
    const counts = await upsert([
      { phone: '79001234567', tag: 'first', name: 'Anna' },
      { phone: '79007654321' },
      { phone: '79001234567', tag: 'last' },
    ]);
    expect(counts).toEqual({ created: 2, updated: 1 });
    expect((await everybody())?.[0]).toMatchObject({ tag: 'last', name: 'Anna' });
    expect(await upsert([])).toEqual({ created: 0, updated: 0 });
  });

  it('may come from many files and people at once', async () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => ({ phone: `79${String(i).padStart(9, '0')}` }));
    const made = createClient(operator, { phone: '79000000500', timezone: 'Asia/Tokyo', tag: 'vip' });
    const counts = await Promise.all([
      ...[rows, [...rows].reverse(), rows.slice(300, 700)].map((each) => upsert(each)),
      ...[1, 2, 3].map((n) => upsert([{ phone: '79000000500', name: `n${n}` }])),
    ]);
    const created = counts.reduce((sum, count) => sum + count.created, 0) + ((await made).data ? 1 : 0);
    expect(created).toBe(1_000);
    const [row] = await server.database.query<{ n: number }>('select count(*)::int as n from client');
    expect(row?.n).toBe(1_000);
  });

  it('lose nothing to a file that leaves out what somebody changes meanwhile', async () => {
    const { id, phone } = await addClient(operator);
    await Promise.all([
      updateClient(operator, id, { tag: 'vip' }),
      upsert([{ phone, name: 'Anna' }]),
      updateClient(operator, id, { operatorCode: '999' }),
    ]);
    expect(await findClient(operator, id)).toMatchObject({ tag: 'vip', name: 'Anna', operatorCode: '999' });
  });

  it('are spelled as files spell them', () => {
    for (const phone of ['79001234567', '+7 900 123-45-67', '8 (900) 123.45.67', ' 89001234567 ']) {
      expect(clientImportRow.parse({ phone, tag: ' ', timezone: ' europe/moscow ', name: '' })).toEqual({
        phone: '79001234567',
        timezone: 'Europe/Moscow',
      });
    }
    expect(
      clientImportRow.parse({ phone: '79001234567', operatorCode: ' 916 ', tag: ' vip ', name: ' Anna ' }),
    ).toEqual({
      ...{ phone: '79001234567', operatorCode: '916', tag: 'vip', name: 'Anna' },
    });
  });

  it.each(['', '7900123456', '9001234567', '79001234567a', '790012345678', '+1 202-555-0100', '7900123456\u0000'])(
    'have no phone %j',
    (phone) => {
      expect(faults(clientImportRow.safeParse({ phone }))).toEqual([['phone', 'expected 7XXXXXXXXXX, 11 digits']]);
    },
  );

  it('are told by field what is wrong with them', () => {
    const row = { phone: '1', operatorCode: '9', tag: 'a\u0000', timezone: 'UTC+3', name: 'x'.repeat(201) };
    expect(faults(clientImportRow.safeParse(row))).toEqual([
      ['phone', 'expected 7XXXXXXXXXX, 11 digits'],
      ['operatorCode', 'expected three digits'],
      ['tag', 'must not hold NUL'],
      ['timezone', 'expected an IANA time zone, e.g. Europe/Moscow'],
      ['name', 'expected at most 200 characters'],
    ]);
    expect(faults(clientImportRow.safeParse({}))?.map(([field]) => field)).toEqual(['phone']);
  });
});

describe('suppressions', () => {
  const all = () =>
    server.database.query<object>('select phone, channel, source, note from suppression order by phone, channel desc');

  it('are added once each, count what they did, and leave what is known', async () => {
    await operator.graphql('mutation { suppress(phone: "79001234567", channels: [MESSAGE], note: "asked") { id } }');
    const counts = await suppressAll([
      { phone: '79001234567' },
      { phone: '79007654321', channel: 'CALL' },
      { phone: '79007654321', channel: 'CALL', note: 'twice' },
      { phone: '79007654321', channel: 'MESSAGE' },
      { phone: '79001234567', channel: 'MESSAGE' },
    ]);
    expect(counts).toEqual({ created: 3, updated: 2 });
    expect(await all()).toEqual([
      { phone: '79001234567', channel: 'MESSAGE', source: 'STAFF', note: 'asked' },
      { phone: '79001234567', channel: 'CALL', source: 'IMPORT', note: null },
      { phone: '79007654321', channel: 'MESSAGE', source: 'IMPORT', note: null },
      { phone: '79007654321', channel: 'CALL', source: 'IMPORT', note: 'twice' },
    ]);
    expect(await suppressAll([])).toEqual({ created: 0, updated: 0 });
  });

  it('are spelled as people write them', () => {
    expect(suppressionImportRow.parse({ phone: '8 900 123-45-67', channel: ' call ', note: '' })).toEqual({
      ...{ phone: '79001234567', channel: 'CALL' },
    });
    expect(suppressionImportRow.parse({ phone: '+12025550100' })).toEqual({ phone: '12025550100' });
    expect(faults(suppressionImportRow.safeParse({ phone: '12', channel: 'fax', note: 'a\u0000' }))).toEqual([
      ['phone', 'expected a phone number, e.g. +7 900 123-45-67'],
      ['channel', 'expected MESSAGE or CALL'],
      ['note', 'must not hold NUL'],
    ]);
  });
});
