// Files of clients and suppressions: how their rows are read, counted and told. Who sees an import: import-views.test.ts;
// what is refused at the upload: import-uploads.test.ts.
import { strToU8 } from 'fflate';
import { type Client, type TestServer, testServer } from '../support/server.js';
import { imported } from '../support/uploads.js';
import { rezipped, sheetOf, workbook } from '../support/workbook.js';

let server: TestServer;
let staff: Client;
let next = 0;

beforeAll(async () => {
  server = await testServer();
  staff = await server.person('OPERATOR');
});
afterAll(() => server.close());

/** A number that nobody has yet. */
const number = (): string => `7913${String(next++).padStart(7, '0')}`;

const clientsOf = (...phones: string[]) =>
  server.database.query<{ phone: string; tag: string; name: string | null; timezone: string; code: string }>(
    'select phone, tag, name, timezone, operator_code as code from client where phone = any($1) and hidden_at is null order by phone',
    [phones],
  );

describe('a CSV file of clients', () => {
  it('adds and updates people, and tells bad rows one by one without what stood in them', async () => {
    const [known, fresh] = [number(), number()];
    await imported(staff, `phone,tag,name\n${known},old,Old Name\n`);
    const seen = await imported(
      staff,
      [
        'phone,operator_code,tag,timezone,name',
        `${known},900,vip,europe/moscow,Иван`,
        '',
        'secret-number,900,vip,Europe/Moscow,Secret Person',
        `${fresh},,,Asia/Omsk,`,
        `${number()},9000,${'t'.repeat(101)},Mars/Base,x`,
      ].join('\n'),
      { name: 'clients.csv' },
    );
    expect(seen).toMatchObject({
      kind: 'CLIENTS',
      fileName: 'clients.csv',
      ...{ total: 4, processed: 4, created: 1, updated: 1, rejected: 2, error: null },
      problems: [
        { row: 4, field: 'phone', message: 'expected 7XXXXXXXXXX, 11 digits' },
        { row: 6, field: 'operatorCode', message: 'expected three digits' },
        { row: 6, field: 'tag', message: 'expected at most 100 characters' },
        { row: 6, field: 'timezone', message: 'expected an IANA time zone, e.g. Europe/Moscow' },
      ],
    });
    expect(JSON.stringify(seen)).not.toMatch(/secret/i);
    expect(await clientsOf(known, fresh)).toEqual([
      { phone: known, tag: 'vip', name: 'Иван', timezone: 'Europe/Moscow', code: '900' },
      { phone: fresh, tag: '', name: null, timezone: 'Asia/Omsk', code: '913' },
    ]);
    expect(await server.database.query('select from import_part')).toEqual([]);
  });

  it('is understood in UTF-8 with and without a byte order mark, in CP1251 and in UTF-16', async () => {
    const text = (phone: string) => `телефон;имя\r\n${phone};Ёлкина Анна №5\r\n`;
    const phones = [number(), number(), number(), number()];
    const [plain = '', marked = '', cyrillic = '', wide = ''] = phones;
    await imported(staff, text(plain));
    await imported(staff, `\uFEFF${text(marked)}`);
    await imported(staff, cp1251(text(cyrillic)));
    await imported(staff, new Uint8Array(Buffer.from(`\uFEFF${text(wide)}`, 'utf16le')));
    expect((await clientsOf(...phones)).map(({ name }) => name)).toEqual(Array(4).fill('Ёлкина Анна №5'));
  });

  it.each([
    ['commas and quotes', 'phone,name\n%,"Петров, ""Пётр"""\n', 'Петров, "Пётр"'],
    ['semicolons', 'Номер телефона;Имя\n%;Петров, Пётр\n', 'Петров, Пётр'],
    ['tabs', 'Phone Number\tName\n%\tПетров; Пётр\n', 'Петров; Пётр'],
    ['a quote where none should be', 'phone,name\n%,ООО "Ромашка"\n', 'ООО "Ромашка"'],
    ['line ends of an old Mac', 'phone,name\r%,Пётр\r', 'Пётр'],
    ['columns in another order, and some of no meaning', 'имя,пол,телефон\nПётр,м,%\n', 'Пётр'],
    ['one column without a header', '%\n', null],
  ])('may have %s', async (_what, text, name) => {
    const phone = number();
    expect(await imported(staff, text.replace('%', phone))).toMatchObject({ total: 1, created: 1, rejected: 0 });
    expect(await clientsOf(phone)).toMatchObject([{ name }]);
  });

  it('may spell numbers as people and spreadsheets do', async () => {
    const phones = Array.from({ length: 6 }, number);
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = phones;
    const spelled = [
      `+7 (${a.slice(1, 4)}) ${a.slice(4, 7)}-${a.slice(7, 9)}-${a.slice(9)}`,
      `8 ${b.slice(1, 4)} ${b.slice(4)}`,
      `"'${c}"`,
      `${d}.0`,
      `${e[0]}.${e.slice(1)}E+10`,
      ` ${f} `,
    ];
    expect(await imported(staff, `phone\n${spelled.join('\n')}\n7,90012E+10\n`)).toMatchObject({
      ...{ created: 6, rejected: 1 },
      problems: [{ row: 8, field: 'phone' }],
    });
    expect((await clientsOf(...phones)).map(({ phone }) => phone)).toEqual(phones);
  });

  it('may say things twice: the last row wins, near and far', async () => {
    const [near, far] = [number(), number()];
    const others = Array.from({ length: 1_200 }, number);
    const rows = [`${near},1`, `${far},1`, `${near},2`, ...others.map((phone) => `${phone},x`), `${far},2`];
    expect(await imported(staff, `phone,tag\n${rows.join('\n')}`)).toMatchObject({
      ...{ total: 1_204, processed: 1_204, created: 1_202, updated: 2, rejected: 0 },
    });
    expect(await clientsOf(near, far)).toMatchObject([{ tag: '2' }, { tag: '2' }]);
  });

  it('leaves what its cells and columns say nothing about, and brings deleted people back', async () => {
    const [known, deleted] = [number(), number()];
    await imported(staff, `phone,tag,name,timezone\n${known},vip,Анна,Asia/Omsk\n${deleted},vip,Анна,Asia/Omsk\n`);
    await server.database.query('update client set hidden_at = now() where phone = $1', [deleted]);
    expect(await imported(staff, `phone,tag\n${known},\n${deleted},new\n`)).toMatchObject({ created: 1, updated: 1 });
    expect(await clientsOf(known, deleted)).toMatchObject([
      { tag: 'vip', name: 'Анна', timezone: 'Asia/Omsk' },
      { tag: 'new', name: null, timezone: 'Europe/Moscow' },
    ]);
  });

  it.each([
    ['no column of numbers', 'name,tag\nИван,vip\n', /No column is named phone/],
    ['a header and no rows but blank ones', '\n\n', /no rows/],
    ['a quote that is never closed', 'phone,name\n%,"Иван\n', /quote that is never closed/],
  ])('changes nothing with %s, and says so', async (_what, text, error) => {
    const phone = number();
    const seen = await imported(staff, text.replace('%', phone));
    expect(seen).toMatchObject({ processed: 0, created: 0, error: expect.stringMatching(error), problemsUrl: null });
    expect(await clientsOf(phone)).toEqual([]);
  });

  it('may have a NUL in a row, which costs that row alone', async () => {
    const phone = number();
    const rows = Array.from({ length: 9_000 }, () => `${number()},${'y'.repeat(20)}`);
    expect(await imported(staff, `phone,tag\n${rows.join('\n')}\n${phone},a\0b\n`)).toMatchObject({
      ...{ created: 9_000, rejected: 1, error: null },
      problems: [{ row: 9_002, field: 'tag', message: 'must not hold NUL' }],
    });
  });

  it('of 50,000 rows is read while others are served', async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => (i % 500 === 3 ? 'nobody,x' : `${number()},Имя ${i}`));
    expect(await imported(staff, `phone,name\n${rows.join('\n')}`)).toMatchObject({
      ...{ total: 50_000, processed: 50_000, created: 49_900, updated: 0, rejected: 100, error: null },
    });
  });
});

describe('an XLSX file', () => {
  it('is read from its first sheet, numbers that hold phones too', async () => {
    const phones = Array.from({ length: 4 }, number);
    const [a = '', b = '', c = '', d = ''] = phones;
    const seen = await imported(
      staff,
      workbook([
        [null, 'Телефон', 'Метка', 'Имя', 'Часовой пояс'],
        [1, Number(a), 'vip', 'Анна & <Ко>', 'Asia/Omsk'],
        [2, `=${b[0]}.${b.slice(1)}E10`, 7, 'Борис', null],
        [],
        [3, `+${c}`, null, null, null],
        [4, 12345, null, 'Никто', null],
        [5, `8${d.slice(1)}`, null, null, null],
      ]),
      { name: 'Клиенты.xlsx' },
    );
    expect(seen).toMatchObject({
      ...{ fileName: 'Клиенты.xlsx', total: 5, created: 4, rejected: 1, error: null },
      problems: [{ row: 6, field: 'phone' }],
    });
    expect(await clientsOf(...phones)).toMatchObject([
      { tag: 'vip', name: 'Анна & <Ко>', timezone: 'Asia/Omsk' },
      { tag: '7', name: 'Борис' },
      { name: null },
      { name: null },
    ]);
  });
});

describe('an XLSX file whose cells do not say where they stand (without the optional attribute r)', () => {
  const sheet = (rows: string) => rezipped(workbook([]), { 'xl/worksheets/sheet1.xml': strToU8(sheetOf(rows)) });
  const text = (value: string, place = '') => `<c${place} t="inlineStr"><is><t>${value}</t></is></c>`;

  it('is read by position, rows too', async () => {
    const phones = Array.from({ length: 3 }, number);
    const [a = '', b = '', c = ''] = phones;
    const seen = await imported(
      staff,
      sheet(
        [
          `<row>${text('phone')}${text('tag')}${text('name')}</row>`,
          `<row><c><v>${a}</v></c><c/>${text('Анна')}</row>`,
          '<row/>',
          // Some say it, and those after them follow on.
          `<row r="5"><c><v>${b}</v></c>${text('Борис', ' r="C5"')}</row>`,
          `<row><c t="n"><v>${c}</v></c>${text('vip')}</row>`,
          `<row>${text('nobody')}</row>`,
        ].join(''),
      ),
      { name: 'people.xlsx' },
    );
    expect(seen).toMatchObject({
      ...{ total: 4, created: 3, rejected: 1, error: null },
      problems: [{ row: 7, field: 'phone' }],
    });
    expect(await clientsOf(...phones)).toMatchObject([{ name: 'Анна' }, { name: 'Борис' }, { tag: 'vip', name: null }]);
  });
});

describe('a file of suppressions', () => {
  const suppressed = (phone: string) =>
    server.database.query('select channel, source, note from suppression where phone = $1 order by channel', [phone]);

  it('is about all channels where it names none', async () => {
    const [every, calls] = [number(), number()];
    const seen = await imported(staff, `номер,канал,заметка\n+${every},,asked\n${calls},call,\n${calls},fax,\n`, {
      to: 'suppressions',
    });
    expect(seen).toMatchObject({
      ...{ kind: 'SUPPRESSIONS', created: 2, rejected: 1 },
      problems: [{ row: 4, field: 'channel', message: 'expected MESSAGE or CALL' }],
    });
    expect(await suppressed(every)).toEqual([
      { channel: 'CALL', source: 'IMPORT', note: 'asked' },
      { channel: 'MESSAGE', source: 'IMPORT', note: 'asked' },
    ]);
    expect(await suppressed(calls)).toEqual([{ channel: 'CALL', source: 'IMPORT', note: null }]);
  });

  it('may hold numbers of other countries', async () => {
    expect(await imported(staff, '+375 29 123-45-67\n', { to: 'suppressions' })).toMatchObject({ created: 1 });
    expect(await suppressed('375291234567')).toHaveLength(2);
  });
});

/** Of letters that it has in one byte. */
function cp1251(text: string): Uint8Array<ArrayBuffer> {
  const decoder = new TextDecoder('windows-1251');
  const bytes = new Map(Array.from({ length: 256 }, (_, byte) => [decoder.decode(Uint8Array.of(byte)), byte]));
  return Uint8Array.from(text, (letter) => bytes.get(letter) ?? 63);
}
