// What is read out of a file of TACs, however it is laid out.
import { type BadRow, type TacRow, tacRows } from '../../src/domain/imei/tac-rows.js';
import { csvLines, encodingOf } from '../../src/domain/imports/csv-rows.js';

async function read(text: string | Buffer): Promise<(TacRow | BadRow)[]> {
  const bytes = Buffer.from(text);
  // Cut in the middle of letters and lines, as a disk gives it.
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += 70) yield bytes.subarray(at, at + 70);
  };
  const rows: (TacRow | BadRow)[] = [];
  for await (const row of tacRows(csvLines(pieces, await encodingOf(pieces)))) rows.push(row);
  return rows;
}

const oppo = { tac: '35675904', brand: 'Oppo', model: 'N"1"' };

it.each([
  ['a mark at its beginning, quotes and CRLF', '\ufeff"TAC","Brand","Model"\r\n"35675904","Oppo","N""1"""\r\n'],
  ['semicolons and other names', 'Model;Manufacturer;TAC;more\nN"1";Oppo;35675904;x\n'],
  ['tabs, no end, and separators in the code', ' tac \tmake\tmodel name\n35-675904\t Oppo \tN"1"'],
  ['columns as Osmocom names them', 'tac,name,name,aka\n35675904,Oppo,N"1",\n'],
  ['a licence on top, and blank lines', 'Some, licence\n\n\ntac,brand,model\n\n35675904,Oppo,N"1"\n\n'],
])('a file with %s', async (_what, text) => {
  expect(await read(text)).toEqual([oppo]);
});

it('a file as Excel writes it where Russian is spoken', async () => {
  const text = Buffer.from('tac;brand;model\r\n35675904;\xd1\xe2\xff\xe7\xfc;\xcf\xe8\xee\xed\r\n', 'latin1');
  expect(await read(text)).toEqual([{ tac: '35675904', brand: 'Связь', model: 'Пион' }]);
});

it.each([
  ['brands', 'tac,name\n35675904,N1\n', { tac: '35675904', brand: null, model: 'N1' }],
  ['models', 'tac,brand\n35675904,Oppo\n', { tac: '35675904', brand: 'Oppo', model: null }],
  ['this model', 'tac,brand,model\n35675904,Oppo\n', { tac: '35675904', brand: 'Oppo', model: null }],
])('a file without %s', async (_what, text, row) => {
  expect(await read(text)).toEqual([row]);
});

it('texts are one line and bounded', async () => {
  expect(await read(`tac,brand,model\n01124500,${'я'.repeat(400)},"a\n\u0000b\u202e"\n`)).toEqual([
    { tac: '01124500', brand: 'я'.repeat(200), model: 'a b' },
  ]);
});

it.each([
  ['1234567,Seven,digits', 'a TAC is eight digits'],
  ['123456789,Nine,digits', 'a TAC is eight digits'],
  ['3567590x,A,letter', 'a TAC is eight digits'],
  ['３５６７５９０４,Wide,digits', 'a TAC is eight digits'],
  [',None,at all', 'a TAC is eight digits'],
  ['35675904,,N/A', 'neither brand nor model'],
  ['35675904', 'neither brand nor model'],
])('the row %j is told with its number as a spreadsheet shows it', async (row, problem) => {
  expect(await read(`tac,brand,model\n\n${row}\n49013920,Nokia,1610\n`)).toEqual([
    { problem: expect.stringContaining(`Row 3: ${problem}`) },
    { tac: '49013920', brand: 'Nokia', model: '1610' },
  ]);
});

it.each([
  ['nothing', ''],
  ['no header', '49013920,Nokia,1610\n'],
  ['no column of TACs', 'brand,model\nNokia,1610\n'],
  ['a header too far down', `${'x\n'.repeat(10)}tac,brand\n49013920,Nokia\n`],
  ['a workbook', Buffer.from('504b0304140000000800000021000000ff00fe', 'hex')],
])('%s is refused', async (_what, text) => {
  await expect(read(text)).rejects.toThrow('None of the first 10 lines names a column tac');
});
