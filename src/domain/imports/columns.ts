// Which column of a table holds what, by the words that people write above it, in Russian and in English. Pure.
import { plainText } from '../../shared/shown-text.js';
import { Unreadable } from './unreadable.js';

export type ImportField = 'phone' | 'operatorCode' | 'tag' | 'timezone' | 'name' | 'channel' | 'note';

export interface Columns {
  readonly hasHeader: boolean;
  /** Where each field stands; those that the file says nothing about are left out. */
  readonly places: ReadonlyMap<ImportField, number>;
  /** Those that have a name and hold no field, and the second one of two alike. */
  readonly unread: readonly UnreadColumn[];
}

export interface UnreadColumn {
  readonly name: string;
  readonly message: string;
}

/** From the first line that is not blank. Of two columns alike the first counts. */
export function columnsOf(cells: readonly string[], fields: readonly ImportField[]): Columns {
  const words = cells.map(plainWords);
  const places = new Map<ImportField, number>();
  for (const field of fields) {
    const place = words.findIndex((word) => synonyms[field].includes(word));
    if (place >= 0) places.set(field, place);
  }
  if (places.has('phone')) return { hasHeader: true, places, unread: unreadOf(cells, places) };
  if (isNumber(cells[0] ?? '')) return { hasHeader: false, places: new Map([['phone', 0]]), unread: [] };
  throw new Unreadable('No column is named phone, number, телефон or номер, and the first cell is no phone number.');
}

function unreadOf(cells: readonly string[], places: Columns['places']): UnreadColumn[] {
  const read = new Set(places.values());
  const names = [...places.keys()].map(spelled).join(', ');
  return cells.flatMap((cell, place) => {
    const name = plainText(cell, longestName);
    return name === '' || read.has(place) || place >= mostColumns
      ? []
      : [{ name, message: `this column is not read; those that are: ${names}` }];
  });
}

/** Where no line names the columns: whether a line has more than the first cell, which alone is read. */
export const hasUnreadCells = (cells: readonly string[], { hasHeader }: Columns): boolean =>
  !hasHeader && cells.some((cell, place) => place > 0 && cell.trim() !== '');

/** What the cells of a line say, by field; a phone as text, however a spreadsheet wrote its number. */
export function fieldsOf(cells: readonly string[], { places }: Columns): Partial<Record<ImportField, string>> {
  const fields: Partial<Record<ImportField, string>> = {};
  for (const [field, place] of places) fields[field] = cells[place] ?? '';
  fields.phone = numberText(fields.phone ?? '');
  return fields;
}

const longestName = 100;
const mostColumns = 100;

const spelled = (field: ImportField): string => field.replace(/(?=[A-Z])/, '_').toLowerCase();

/** In lower case, words apart by one space; operatorCode, operator_code and Operator-Code are the same. */
const plainWords = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

const synonyms: Readonly<Record<ImportField, readonly string[]>> = {
  phone: [
    ...['phone', 'phone number', 'telephone', 'tel', 'mobile', 'mobile phone', 'number', 'msisdn'],
    ...['телефон', 'номер', 'номер телефона', 'тел', 'мобильный', 'мобильный телефон', 'телефон клиента'],
  ],
  operatorCode: [
    ...['operator code', 'operatorcode', 'operator', 'code', 'def', 'def code'],
    ...['код оператора', 'код мобильного оператора', 'оператор', 'код'],
  ],
  tag: ['tag', 'tags', 'label', 'group', 'segment', 'тег', 'тэг', 'метка', 'группа', 'сегмент'],
  timezone: ['timezone', 'time zone', 'tz', 'zone', 'часовой пояс', 'таймзона', 'пояс', 'временная зона'],
  name: ['name', 'full name', 'client', 'client name', 'имя', 'фио', 'клиент', 'имя клиента', 'название'],
  channel: ['channel', 'канал', 'канал связи'],
  note: ['note', 'notes', 'comment', 'reason', 'заметка', 'примечание', 'комментарий', 'причина'],
};

const isNumber = (cell: string): boolean => /^\+?[\d\s().-]{10,24}$/.test(numberText(cell));

/**
 * Spreadsheets and scripts write numbers as '79001234567, 79001234567.0 and 7.9001234567E10. An exponent with fewer digits than
 * it asks for was rounded for the screen: the number is lost, and the text stays what no phone looks like.
 */
export function numberText(cell: string): string {
  const text = cell.trim().replace(/^'/, '');
  if (/^\d+\.0+$/.test(text)) return text.slice(0, text.indexOf('.'));
  const [, whole = '', fraction = '', exponent] = /^(\d)[.,](\d+)e\+?(\d{1,2})$/i.exec(text) ?? [];
  return exponent !== undefined && fraction.length === Number(exponent) ? whole + fraction : text;
}
