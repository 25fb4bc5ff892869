// What is refused before it becomes an import: by its bytes, whatever its name says, and without leaving anything behind.
import { createConnection } from 'node:net';
import { strToU8, zipSync } from 'fflate';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';
import { type FileContent, imported, send, stream } from '../support/uploads.js';
import { rezipped, sheetOf, workbook } from '../support/workbook.js';

let server: TestServer;
let staff: Client;

beforeAll(async () => {
  server = await testServer();
  staff = await server.person('OPERATOR');
});
afterAll(() => server.close());

let made: Uint8Array<ArrayBuffer> | undefined;

const clients = '/api/v1/clients/import';
const megabyte = 1_048_576;

async function nothingIsLeft(): Promise<void> {
  expect(await server.database.query('select from import')).toEqual([]);
  expect(await server.database.query('select from import_part')).toEqual([]);
}

const refused = async (answer: Response) => {
  const problem = (await answer.json()) as { code: string; status: number; fields?: { path: string; code: string }[] };
  return [answer.status, problem.code, problem.fields?.[0]?.code];
};

const withEntity =
  '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;&b;&b;&b;&b;&b;">]>\n<styleSheet>&d;</styleSheet>';

describe('a file of another kind', () => {
  it.each<[what: string, content: FileContent]>([
    ['HTML', '<!DOCTYPE html>\n<html><body>79001234567</body></html>'],
    ['HTML after a byte order mark and blank lines', '\uFEFF \n\n<table><tr><td>79001234567</td></tr></table>'],
    ['JSON', '[{"phone": "79001234567"}]'],
    ['PDF', '%PDF-1.7\n79001234567'],
    ['an old XLS', Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0, 0)],
    ['PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d)],
    ['a zip of something else', zipSync({ 'word/document.xml': strToU8('<w:document/>') })],
    ['a zip that breaks off', workbook([['phone'], [79001234567]]).slice(0, 500)],
    ['a zip signature and nothing else', 'PK\x03\x04'],
    ['a workbook with a document type', rezipped(workbook([['phone']]), { 'xl/styles.xml': strToU8(withEntity) })],
  ])('is 415: %s under the name of a CSV', async (_what, content) => {
    for (const name of ['people.csv', 'people.xlsx']) {
      expect(await refused(await send(staff, content, { name }))).toEqual([415, 'BAD_USER_INPUT', 'UNSUPPORTED']);
    }
    await nothingIsLeft();
  });
});

describe('a file that is too large', () => {
  const tooLarge = [413, 'BAD_USER_INPUT', 'TOO_LARGE'];
  const lines = `79001234567,${'x'.repeat(1_000)}\n`.repeat(1_036);

  it.each<[what: string, pieces: () => Iterable<FileContent>]>([
    ['a CSV of more than 100 MB', () => Array.from({ length: 101 }, () => lines)],
    ['more than 1,000,000 rows', () => ['phone\n', ...Array.from({ length: 11 }, () => '7\n'.repeat(100_000))]],
    ['a line of more than 4 KB', () => ['phone\n79001234567\n', 'x'.repeat(4_097), '\n79001234568\n']],
    ['one endless line', () => Array.from({ length: 20 }, () => 'x'.repeat(megabyte))],
    ['an XLSX of more than 10 MB', () => [rezipped(workbook([['phone']]), { 'xl/a.bin': [noise(11), { level: 0 }] })]],
  ])('is 413: %s', async (_what, pieces) => {
    expect(await refused(await stream(staff, clients, pieces()))).toEqual(tooLarge);
    await nothingIsLeft();
  });

  it.each<[what: string, file: () => Uint8Array<ArrayBuffer>]>([
    ['that says what it unpacks to', () => bomb()],
    ['that says less than it unpacks to', () => lying(bomb())],
    ['of many parts', () => rezipped(workbook([['phone']]), manyParts(30, 2 * megabyte))],
    ['of too many parts', () => rezipped(workbook([['phone']]), manyParts(200, 1))],
  ])('is 413 within two seconds: a zip bomb %s', async (_what, file) => {
    const content = file();
    const before = process.memoryUsage().rss;
    const begun = performance.now();
    expect(await refused(await send(staff, content, { name: 'people.xlsx' }))).toEqual(tooLarge);
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * megabyte);
    await nothingIsLeft();
  });
});

describe('a form', () => {
  it.each<[what: string, form: () => RequestInit, status: number]>([
    ['without a file', () => ({ body: formOf({ note: 'x' }) }), 400],
    ['with two files', () => ({ body: formOf({ file: new Blob(['79001234567\n']), more: new Blob(['1']) }) }), 400],
    ['with an empty file', () => ({ body: formOf({ file: new Blob([]) }) }), 400],
    [
      'without an end',
      () => multipart('--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n7900'),
      400,
    ],
    ['without a boundary', () => ({ body: 'x', headers: { 'content-type': 'multipart/form-data' } }), 400],
    ['that is none', () => multipart('nothing of the kind'), 400],
    ['that is empty', () => multipart(''), 400],
    ['with a name that every object has', () => ({ body: formOf({ toString: new Blob(['79001234567']) }) }), 400],
    ['that is JSON', () => ({ body: '{}', headers: { 'content-type': 'application/json' } }), 415],
    ['that is bare CSV', () => ({ body: '79001234567', headers: { 'content-type': 'text/csv' } }), 415],
  ])('%s is bad input', async (_what, form, status) => {
    const answer = await staff.fetch(clients, { method: 'POST', ...form() });
    expect((await refused(answer)).slice(0, 2)).toEqual([status, 'BAD_USER_INPUT']);
    await nothingIsLeft();
  });

  it.each<[where: string, fields: Record<string, string | Blob>, name: string]>([
    ['before the file', { note: 'x', file: new Blob(['79001234567\n']) }, 'note'],
    ['after the file', { file: new Blob(['79001234567\n']), note: 'x' }, 'note'],
    ['in the place of the file', { files: new Blob(['79001234567\n']) }, 'files'],
  ])('with an unknown field %s is refused with its name', async (_where, fields, name) => {
    const answer = await staff.fetch(clients, { method: 'POST', body: formOf(fields) });
    const told = (await answer.json()) as { fields: { path: string; code: string }[] };
    expect([answer.status, told.fields]).toEqual([400, [expect.objectContaining({ path: name, code: 'UNKNOWN' })]]);
    await nothingIsLeft();
  });

  it.each(['text/csv', 'application/octet-stream', 'application/json', undefined])(
    'sent bare as %s is told how to be sent',
    async (type) => {
      const headers = type ? { 'content-type': type } : {};
      for (const path of type === 'application/json' ? [clients] : [clients, '/api/v1/imei/batches']) {
        const body = type === 'application/json' ? '[]' : new Blob(['79001234567\n'.repeat(50_000)]);
        const answer = await staff.fetch(path, { method: 'POST', body, headers });
        const { status, detail } = (await answer.json()) as { status: number; detail: string };
        expect([status, detail]).toEqual([
          415,
          'file: send it as multipart/form-data in a field named file, as curl -F file=@people.csv does',
        ]);
      }
    },
  );

  it('that breaks off leaves nothing behind', async () => {
    const { port } = new URL(server.url);
    const socket = createConnection(Number(port), '127.0.0.1');
    const head = [
      `POST ${clients} HTTP/1.1`,
      'Host: localhost',
      `Authorization: Bearer ${staff.accessToken}`,
      'Content-Type: multipart/form-data; boundary=b',
      'Content-Length: 9000000',
    ];
    socket.write(
      `${head.join('\r\n')}\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n`,
    );
    socket.write('79001234567\n'.repeat(50_000));
    const parts = () => server.database.query('select from import_part');
    await until(async () => (await parts()).length > 0, 5_000, 'the first bytes stored');
    expect((await (await staff.fetch('/api/v1/imports/1')).json()) as object).toMatchObject({ code: 'NOT_FOUND' });
    socket.destroy();
    await until(async () => (await parts()).length === 0, 5_000, 'nothing left');
    await nothingIsLeft();
  });
});

describe('a workbook that passes and is made to fill the memory', () => {
  it.each([
    ['a row at the end of the world', '<row r="9999999999"><c r="A9999999999"><v>1</v></c></row>'],
    ['a cell that is far out', '<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>'],
    ['no XML', '<row><c'],
  ])(
    'ends its reader and nothing else: %s',
    async (_what, rows) => {
      const file = rezipped(workbook([['phone']]), { 'xl/worksheets/sheet1.xml': strToU8(sheetOf(rows)) });
      const seen = await imported(staff, file, { name: 'people.xlsx' });
      expect(seen).toMatchObject({ processed: 0, error: expect.stringMatching(/workbook/) });
      expect((await staff.fetch('/readyz')).status).toBe(200);
    },
    90_000,
  );
});

const multipart = (body: string): RequestInit => ({
  body,
  headers: { 'content-type': 'multipart/form-data; boundary=b' },
});

function formOf(fields: Record<string, string | Blob>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

/** Megabytes that no compression makes smaller. */
function noise(megabytes: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: megabytes * megabyte }, () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state >> 16;
  });
}

/** A quarter of a gigabyte in a quarter of a megabyte. */
function bomb(): Uint8Array<ArrayBuffer> {
  made ??= rezipped(workbook([['phone']]), { 'xl/worksheets/sheet1.xml': new Uint8Array(256 * megabyte) });
  return made;
}

/** Its directory says that the sheet has a thousand bytes. */
function lying(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = Buffer.from(file);
  copy.writeUInt32LE(1_000, copy.lastIndexOf('xl/worksheets/sheet1.xml') - 46 + 24);
  return new Uint8Array(copy);
}

const manyParts = (count: number, bytes: number): Record<string, Uint8Array> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`xl/part${i}.xml`, new Uint8Array(bytes).fill(32)]));
