// What a file of rows is made of: its encoding, its delimiter, its columns, its limits.

import { columnsOf, fieldsOf, type ImportField } from '../../src/domain/imports/columns.js';
import { delimiterOf, encodingOf } from '../../src/domain/imports/csv-rows.js';
import { FileInspector } from '../../src/domain/imports/file-inspector.js';

const every: ImportField[] = ['phone', 'operatorCode', 'tag', 'timezone', 'name', 'channel', 'note'];

describe('encodingOf', () => {
  const encoding = (...pieces: Buffer[]) =>
    encodingOf(async function* () {
      yield* pieces;
    });

  it.each([
    ['utf-8', Buffer.from('телефон')],
    ['utf-8', Buffer.from('\uFEFFтелефон')],
    ['utf-8', Buffer.from('phone')],
    ['windows-1251', Buffer.from([0xf2, 0xe5, 0xeb])],
    ['windows-1251', Buffer.concat([Buffer.from('телефон'), Buffer.from([0xf2])])],
    ['utf-16le', Buffer.from('\uFEFFтел', 'utf16le')],
    ['utf-16be', Buffer.from([0xfe, 0xff, 0x04, 0x42])],
  ])('finds %s', async (expected, bytes) => {
    expect(await encoding(bytes)).toBe(expected);
  });

  it('is not misled by a letter that two pieces share', async () => {
    const bytes = Buffer.from('телефон');
    expect(await encoding(bytes.subarray(0, 3), bytes.subarray(3))).toBe('utf-8');
  });
});

describe('delimiterOf', () => {
  it.each([
    ['phone,name\n7900,Иван', ','],
    ['phone;name\n7900;Иванов, Иван', ';'],
    ['phone\tname\n7900\tИванов, Иван; отдел', '\t'],
    ['phone\n79001234567', ','],
    ['phone;name\n7900;"Иванов, Иван, Иванович"\n7901\n7902;Пётр', ';'],
    ['"Имя, отчество, фамилия";phone\nИван;7900', ';'],
    ['', ','],
  ])('%j has %j', (text, delimiter) => {
    expect(delimiterOf(text)).toBe(delimiter);
  });
});

describe('columnsOf', () => {
  it.each([
    ['phone', 'phone'],
    ['Number', 'phone'],
    ['ТЕЛЕФОН', 'phone'],
    [' Номер телефона: ', 'phone'],
    ['operator_code', 'operatorCode'],
    ['operatorCode', 'operatorCode'],
    ['Код оператора', 'operatorCode'],
    ['Тег', 'tag'],
    ['метка', 'tag'],
    ['time_zone', 'timezone'],
    ['timezone', 'timezone'],
    ['Часовой пояс', 'timezone'],
    ['ФИО', 'name'],
    ['имя', 'name'],
    ['Канал', 'channel'],
    ['Комментарий', 'note'],
    ['Заметка', 'note'],
  ] as const)('takes %j for %s', (word, field) => {
    const { hasHeader, places } = columnsOf([word, 'phone'], every);
    expect([hasHeader, places.get(field)]).toEqual([true, 0]);
  });

  it('takes a first cell that is a number for a column without a header', () => {
    expect(columnsOf(['+7 (900) 123-45-67', 'x'], every)).toEqual({
      hasHeader: false,
      places: new Map([['phone', 0]]),
      unread: [],
    });
  });

  it('names the columns that are not read, the second of two alike too', () => {
    const { unread } = columnsOf(['phone', 'VIP\u202e?', '', 'tag', 'телефон'], every);
    expect(unread.map(({ name }) => name)).toEqual(['VIP?', 'телефон']);
    expect(unread[0]?.message).toBe('this column is not read; those that are: phone, tag');
  });

  it.each([[['имя', 'тег']], [['', '']], [['12']], [['79001234567x']]])('finds no numbers under %j', (cells) => {
    expect(() => columnsOf(cells, every)).toThrow('No column is named phone');
  });

  it('looks for the fields of its kind only', () => {
    expect([...columnsOf(['phone', 'name', 'tag'], ['phone', 'tag']).places]).toEqual([
      ['phone', 0],
      ['tag', 2],
    ]);
  });
});

describe('fieldsOf', () => {
  const columns = columnsOf(['phone', 'name'], every);

  it.each([
    ['79001234567', '79001234567'],
    ["'79001234567", '79001234567'],
    ['79001234567.0', '79001234567'],
    ['7.9001234567E10', '79001234567'],
    ['7,9001234567e+10', '79001234567'],
    ['7,90012E+10', '7,90012E+10'],
    [' +7 900 123-45-67 ', '+7 900 123-45-67'],
  ])('reads the number %j as %j', (cell, phone) => {
    expect(fieldsOf([cell, 'Иван'], columns)).toEqual({ phone, name: 'Иван' });
  });

  it('finds nothing where a line is too short', () => {
    expect(fieldsOf(['79001234567'], columns)).toEqual({ phone: '79001234567', name: '' });
  });
});

describe('FileInspector', () => {
  const inspect = (...pieces: (string | Buffer)[]) => {
    const inspector = new FileInspector();
    for (const piece of pieces) inspector.add(Buffer.from(piece));
    return inspector.format;
  };

  it('knows text, workbooks and nothing yet', () => {
    expect([inspect('phone\n'), inspect('PK\x03\x04…'), inspect()]).toEqual(['CSV', 'XLSX', undefined]);
  });

  it('allows a line of 4 KB and not one byte more, also over two pieces', () => {
    expect(inspect('x'.repeat(4_096), '\nx')).toBe('CSV');
    expect(() => inspect('x'.repeat(4_000), 'x'.repeat(97))).toThrow('4 KB');
  });

  it('allows a million rows and a header, blank lines aside', () => {
    const rows = '7\r\n\r\n'.repeat(1_000_000);
    expect(inspect('phone\n', rows)).toBe('CSV');
    expect(() => inspect('phone\n', rows, '7\n')).toThrow('1,000,000 rows');
  });

  it.each([
    '<html>',
    '  <!doctype html>',
    '\uFEFF<?xml version="1.0"?>',
    '{"a":1}',
    '[1]',
    '%PDF-1.4',
    'a\0b',
    'a\x1b[0m',
  ])('knows that %j is no table', (text) => {
    expect(() => inspect(text)).toThrow('send CSV text or an XLSX workbook');
  });
});
