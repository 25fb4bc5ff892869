// The operator's file of TACs, brought by the command as the operator runs it, beside a server that knows it at once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { temporaryFolder } from '../support/program.js';
import { type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let folder: ReturnType<typeof temporaryFolder>;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  folder = temporaryFolder();
});
afterAll(async () => {
  folder.remove();
  await server.close();
});
beforeEach(() => server.database.query('delete from tac'));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function imei(...args: string[]): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(resolve('node_modules/.bin/node'), [resolve('dist/src/imei.js'), ...args], {
    env: { PATH, HOME, DATABASE_URL: server.database.url, DATA_DIR: server.app.config.DATA_DIR },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...said };
}

let files = 0;

async function file(text: string | Buffer): Promise<string> {
  const path = join(folder.path, `${++files}.csv`);
  await writeFile(path, text);
  return path;
}

const importing = async (text: string | Buffer): Promise<Ended> => imei('import-tac', await file(text));
const stored = () => server.database.query('select * from tac order by tac');
const done = (rows: number, changed: number, refused: number): string =>
  `Rows: ${rows}; models that are new or changed: ${changed}; rows left out: ${refused}.\n`;

const osmocom = [
  'Osmocom TAC database under CC-BY-SA v3.0 (c) Harald Welte 2016',
  'tac,name,name,contributor,comment,gsmarena,gsmarena,aka',
  '35675904,Oppo,N1,somebody,,http://www.gsmarena.com/oppo_n1-5724.php,http://www.gsmarena.com/oppo-phones-82.php,',
  '01124500,Apple,"iPhone, the first",,,,,"iPhone 2G, A1203"',
  '49013920,Nokia,1610,OsmoDevCon 2014,,,,',
].join('\n');

it("takes Osmocom's export, and the server answers by it at once", async () => {
  expect(await importing(osmocom)).toEqual({ status: 0, stdout: done(3, 3, 0), stderr: '' });
  expect(await stored()).toEqual([
    { tac: '01124500', brand: 'Apple', model: 'iPhone, the first' },
    { tac: '35675904', brand: 'Oppo', model: 'N1' },
    { tac: '49013920', brand: 'Nokia', model: '1610' },
  ]);
  const answer = await server.nobody.fetch('/api/v1/imei/validate/01124500123456');
  expect(await answer.json()).toMatchObject({ brand: 'Apple', model: 'iPhone, the first' });
});

it('the same file again changes nothing, another updates what it names and leaves the rest', async () => {
  await importing(osmocom);
  expect(await importing(osmocom)).toMatchObject({ status: 0, stdout: done(3, 0, 0) });
  expect(await importing('tac,brand,model\n49013920,Nokia,1611\n')).toMatchObject({ status: 0, stdout: done(1, 1, 0) });
  expect((await stored()).map((row) => Object.values(row).join(' '))).toEqual([
    '01124500 Apple iPhone, the first',
    '35675904 Oppo N1',
    '49013920 Nokia 1611',
  ]);
});

it('tells the first rows that it leaves out and counts the others, and says how far it is', async () => {
  const rows = Array.from({ length: 12_000 }, (_, n) => `${n < 500 ? 'bad' : String(35_000_000 + n)},Brand,Model ${n}`);
  const { status, stdout, stderr } = await importing(['tac,brand,model', ...rows].join('\n'));
  expect([status, stdout]).toEqual([0, done(12_000, 11_500, 500)]);
  expect(stderr.match(/Row \d+:/g)).toEqual(Array.from({ length: 20 }, (_, n) => `Row ${n + 2}:`));
  expect(stderr).toContain('only counted');
  expect(stderr.match(/\d+ rows …/g)).toEqual(['10500 rows …']);
  expect(await stored()).toHaveLength(11_500);
});

it('of one TAC the last row counts, in one batch and over several', async () => {
  const others = Array.from({ length: 1_500 }, (_, n) => `${36_000_000 + n},Other,Model`);
  const text = ['tac,brand,model', '35675904,Oppo,N1', '35675904,Oppo,N2', ...others, '35675904,Oppo,N3'].join('\n');
  expect(await importing(text)).toMatchObject({ status: 0, stdout: done(1_503, 1_502, 0) });
  expect(await server.database.query("select model from tac where tac = '35675904'")).toEqual([{ model: 'N3' }]);
});

it('two at a time end with the rows of both', async () => {
  const rows = (brand: string, from: number) =>
    ['tac,brand,model', ...Array.from({ length: 2_500 }, (_, n) => `${35_000_000 + from + n},${brand},M`)].join('\n');
  const ended = await Promise.all([importing(rows('One', 0)), importing(rows('Other', 1_000))]);
  expect(ended.map(({ status }) => status)).toEqual([0, 0]);
  expect(await stored()).toHaveLength(3_500);
});

it('leaves a line in the audit log, with figures only', async () => {
  await importing('tac,brand,model\n49013920,Nokia,1610\n');
  const [entry] = await server.database.query<{ actor: string; detail: object }>(
    "select actor, detail from audit_entry where action = 'importTacs' order by id desc limit 1",
  );
  expect(entry).toEqual({ actor: 'system', detail: { rows: 1, changed: 1, refused: 0 } });
});

describe('says what to do where it can do nothing, in one line, with status 2', () => {
  it('of how it is called', async () => {
    expect(await imei('import-tac')).toEqual({
      ...{ status: 2, stdout: '', stderr: 'Usage: npm run imei -- import-tac <file.csv>\n' },
    });
  });

  it('of a path where no file is', async () => {
    const missing = join(folder.path, 'none.csv');
    expect(await imei('import-tac', missing)).toMatchObject({
      status: 2,
      stderr: `${missing} is not there. Give the path of a CSV file that has a column tac.\n`,
    });
    expect(await imei('import-tac', folder.path)).toMatchObject({
      status: 2,
      stderr: `${folder.path} is a folder. Give the path of a CSV file that has a column tac.\n`,
    });
  });

  it.each([
    ['no column of TACs', 'brand,model\nNokia,1610\n', /None of the first 10 lines names a column tac/],
    ['no good row', 'tac,brand,model\n1,Nokia,1610\n', /no row with a TAC/],
    ['an open quote', `tac,brand,model\n49013920,"Nokia,1610\n${'x,y,z\n'.repeat(5_000)}`, /Row 2 .* never closed/],
  ])('of a file with %s', async (_what, text, says) => {
    const { status, stdout, stderr } = await importing(text);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/Mend the file and run the same command again\.\n$/);
    expect(await stored()).toEqual([]);
  });
});
