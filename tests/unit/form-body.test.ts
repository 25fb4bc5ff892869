// Forms of text fields as multipart/form-data: what becomes of them, and what is refused before it is parsed.
import { fieldsOf } from '../../src/rest/form-body.js';

const type = 'multipart/form-data; boundary=b';
const part = (name: string, value: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const end = '--b--\r\n';
const read = (text: string, contentType = type) => fieldsOf(Buffer.from(text), contentType);

it('is an object of texts, with a list of what is there more than once', async () => {
  const text = `${part('a', '1')}${part('b', '\r\n--x')}${part('a', '')}${part('__proto__', 'ж')}${end}`;
  const fields = await read(text, 'Multipart/Form-Data; charset=utf-8; boundary="b"');
  expect(Object.entries(fields)).toEqual([
    ['a', ['1', '']],
    ['b', '\r\n--x'],
    ['__proto__', 'ж'],
  ]);
});

it('may have 50 fields, and no files', async () => {
  expect(Object.keys(await read(Array.from({ length: 50 }, (_, n) => part(`f${n}`, 'x')).join('') + end))).toHaveLength(
    50,
  );
  await expect(read(part('a', 'x').repeat(51) + end)).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    httpStatus: 413,
  });
  const file = part('a', 'x').replace('"a"', '"a"; filename=""');
  await expect(read(file + end)).rejects.toMatchObject({
    ...{ code: 'BAD_USER_INPUT', httpStatus: 415 },
    message: 'Send text fields only: no file is taken here.',
  });
});

it.each([
  ['without a boundary', 'multipart/form-data', end],
  ['that is none', type, 'name=Anna'],
  ['that is empty', type, ''],
  ['that breaks off', type, part('a', 'x')],
  ['of another boundary', 'multipart/form-data; boundary=c', part('a', 'x') + end],
])('is refused %s', async (_what, contentType, text) => {
  await expect(read(text, contentType)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

/** 256 kB, which is as much as is read of any body. */
const filled = (unit: string, before = '', after = end): string =>
  before + unit.repeat(Math.floor((262_144 - before.length - after.length) / unit.length)) + after;
const head = '--b\r\nContent-Disposition: form-data;';

it.each([
  ['many small fields', filled(part('a', ''))],
  ['many boundaries', filled('--b\r\n')],
  ['what looks like one', filled('\r\n--', part('a', '').slice(0, -2), `\r\n${end}`)],
  ['many headers', filled('X: y\r\n', '--b\r\n')],
  ['a long name', filled('%22', `${head} name="`, `"\r\n\r\n\r\n${end}`)],
  ['many parameters', filled('a=b;', head)],
  ['spaces', filled(' ', head, `name="a"\r\n\r\n\r\n${end}`)],
  ['one long field', filled('x', part('a', '').slice(0, -2), `\r\n${end}`)],
  [
    'fifty with long heads',
    part('a', 'x')
      .replace('"a"', `"${'\\'.repeat(900)}"`)
      .repeat(50) + end,
  ],
])('takes at most 20 ms of CPU for the worst that is read of it: %s', async (_what, text) => {
  const cpuOf = async (): Promise<number> => {
    const before = process.cpuUsage();
    await read(text).catch(() => undefined);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  // The best of three: what else this process does at that moment is not its fault.
  expect(Math.min(await cpuOf(), await cpuOf(), await cpuOf())).toBeLessThanOrEqual(20);
});
