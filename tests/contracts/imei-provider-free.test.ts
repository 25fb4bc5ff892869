// What the adapter of imeicheck.net reads out of what costs nothing: the history, one check, services and the balance.
import {
  answered,
  check,
  checkWith,
  ImeiProviderStage,
  lost,
  patient,
  rawCheck,
} from '../support/imei-provider-stage.js';
import { type Answer, says } from '../support/raw-gateway.js';

let stage: ImeiProviderStage;

beforeEach(async () => {
  stage = await ImeiProviderStage.set();
});
afterEach(() => stage[Symbol.asyncDispose]());

const misunderstood = lost('answer not understood');

describe('the history', () => {
  const historyAfter = (answer: Answer) => stage.after(answer, () => stage.provider.history(patient));
  const other = checkWith({ id: 'other', deviceId: '490154203237518', properties: { 'a"]},{[b': '\\"]' } });

  it('gives each check its own text, to the byte', async () => {
    const text = `\n [ ${rawCheck} ,\n${other}\t, ${rawCheck}]\n`;
    const answer = await historyAfter(says(200, text));
    expect(answer).toEqual(answered([check, expect.objectContaining({ id: 'other', raw: other }), check]));
  });

  it('may be empty', async () => {
    await expect(historyAfter(says(200, '[ ]'))).resolves.toEqual(answered([]));
  });

  it('takes what is there and not understood for something under way', async () => {
    const odd = checkWith({ status: 'pending', amount: '?' });
    await expect(historyAfter(says(200, `[${odd}]`))).resolves.toEqual(
      answered([{ ...check, status: 'processing', amount: '0.00', processedAt: null, properties: {}, raw: odd }]),
    );
  });

  it('is its newest part where all of it is too much, cut in the middle of a letter or not', async () => {
    for (const end of ['', 'я', 'яя', '€', '€€', '👋']) {
      const long = `[${rawCheck}, ${other},${`${rawCheck.replace('AT&T USA', `${'€'.repeat(1_000)}${end}`)},`.repeat(500)}`;
      const answer = await historyAfter(says(200, long));
      const checks = answer.kind === 'answered' ? answer.value : [];
      expect(checks.slice(0, 2).map(({ raw }) => raw)).toEqual([rawCheck, other]);
      expect(checks.length).toBeGreaterThan(200);
      expect(checks.length).toBeLessThan(500);
    }
  });

  it.each([
    ['an object', rawCheck],
    ['text', '"[]"'],
    ['nothing', ''],
    ['without end', `[${rawCheck}`],
    ['with more behind it', `[${rawCheck}]]`],
    ['with a hole', `[${rawCheck},,${rawCheck}]`],
    ['with a comma too many', `[${rawCheck},]`],
    ['with somebody unknown', `[${rawCheck},${checkWith({ deviceId: undefined })}]`],
    ['with what is no check', `[${rawCheck},null]`],
    ['with broken text', `[${rawCheck},{"id":"a]`],
  ])('is not understood as %s', async (_name, text) => {
    await expect(historyAfter(says(200, text))).resolves.toEqual(misunderstood);
  });
});

describe('what else is free', () => {
  it('one check, by the id that was asked for', async () => {
    const find = (answer: Answer) => stage.after(answer, () => stage.provider.find(check.id, patient));
    await expect(find(says(200, rawCheck))).resolves.toEqual(answered(check));
    await expect(find(says(200, checkWith({ id: 'other' })))).resolves.toEqual(misunderstood);
    await expect(find(says(200, checkWith({ status: 'pending' })))).resolves.toEqual(misunderstood);
  });

  it('services, those that can be read', async () => {
    const text =
      '[{"id":1,"title":"Apple Basic Info","price":"0.06"},{"id":"22","title":"Model","price":0.01},{"id":2},null]';
    const ask = (answer: Answer) => stage.after(answer, () => stage.provider.services(patient));
    await expect(ask(says(200, text))).resolves.toEqual(
      answered([
        { id: 1, title: 'Apple Basic Info', price: '0.06' },
        { id: 22, title: 'Model', price: '0.01' },
      ]),
    );
    await expect(ask(says(200, '{}'))).resolves.toEqual(misunderstood);
  });

  it.each([
    ['{"balance":"12.34"}', answered('12.34')],
    ['{"balance":0.0}', answered('0')],
    ['{"balance":-0.5,"more":1}', answered('-0.5')],
    ['{"balance":null}', misunderstood],
    ['{"balance":"much"}', misunderstood],
    ['{"balance":1e300}', misunderstood],
    ['[]', misunderstood],
  ])('the balance: %s', async (text, expected) => {
    await expect(stage.after(says(200, text), () => stage.provider.balance(patient))).resolves.toEqual(expected);
  });
});
