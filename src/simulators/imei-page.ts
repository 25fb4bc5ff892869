// The simulated IMEI provider's page: its figures, its moods and its words.
import type { z } from 'zod';
import type { imeiMood } from '../shared/imei-mood.js';
import { type MoodButton, pageHandler } from './simulator-page.js';

interface ImeiButton extends MoodButton {
  readonly mood: z.input<typeof imeiMood>;
}

const moods: readonly ImeiButton[] = [
  { mood: { mode: 'ok' }, ru: 'Всё хорошо', en: 'All is well' },
  { mood: { mode: 'slow', latencyMs: 3_000 }, ru: 'Медленно: 3 с', en: 'Slow: 3 s' },
  { mood: { mode: 'processing', latencyMs: 5_000 }, ru: 'Ответ через 5 с', en: '“processing” for 5 s' },
  { mood: { mode: 'lost', by: 'hang' }, ru: 'Списал и молчит', en: 'Charges, never answers' },
  { mood: { mode: 'lost', by: 'reset' }, ru: 'Списал и оборвал', en: 'Charges, then resets' },
  { mood: { mode: 'lost', by: '5xx' }, ru: 'Списал, ответ 500', en: 'Charges, then error 500' },
  { mood: { mode: 'hang' }, ru: 'Зависает', en: 'Never answers' },
  { mood: { mode: 'drip' }, ru: 'Байт в секунду', en: 'One byte a second' },
  { mood: { mode: '5xx' }, ru: 'Ошибка 500', en: 'Error 500' },
  { mood: { mode: '429', retryAfter: 5 }, ru: 'Слишком часто', en: '429, Retry-After: 5' },
  { mood: { mode: '401' }, ru: 'Чужой токен', en: '401, bad token' },
  { mood: { mode: '402' }, ru: 'Счёт пуст', en: '402, no money' },
  { mood: { mode: '403' }, ru: 'Адрес закрыт', en: '403, blocked' },
  { mood: { mode: 'garbage' }, ru: 'Мусор в ответ', en: 'Answers garbage' },
  { mood: { mode: 'reset' }, ru: 'Обрыв связи', en: 'Resets connections' },
  { mood: { mode: 'down', forMs: 30_000 }, ru: 'Выключен: 30 с', en: 'Down for 30 s' },
  {
    mood: { mode: 'mixed', errors: 0.2, hangs: 0.1, garbage: 0.05, lost: 0.1, by: 'reset' },
    ru: 'Плохой день: ошибки, молчание, мусор, потери',
    en: '20 % errors, 10 % hang, 5 % garbage, 10 % lost',
  },
];

export const imeiPage = pageHandler({
  name: 'imei',
  explanation: {
    ru: 'Имитация imeicheck.net: телефоны выдуманы, деньги не настоящие.',
    en: 'A simulated imeicheck.net: the phones are invented, the money is not real.',
  },
  figures: [
    { name: 'total', ru: 'запросов', en: 'requests' },
    { name: 'checks', ru: 'проверок', en: 'checks' },
    { name: 'inFlight', ru: 'в работе', en: 'in flight' },
    { name: 'charged', ru: 'списано', en: 'charged' },
    { name: 'paidAgain', ru: 'оплачено повторно', en: 'paid again' },
    { name: 'balance', ru: 'на счёте', en: 'balance' },
  ],
  moods,
  columns: [
    { name: 'device', ru: 'IMEI', en: '' },
    { name: 'service', ru: 'Услуга', en: 'Service' },
    { name: 'outcome', ru: 'Ответ', en: 'Answer' },
    { name: 'result', ru: 'Результат', en: 'Result' },
    { name: 'charged', ru: '$', en: '' },
    { name: 'ms', ru: 'мс', en: 'ms' },
  ],
  reset: { ru: 'Обнулить счётчики и пополнить счёт', en: 'Reset the counters and the balance' },
  silence: 'Сервис не отвечает. · The provider does not answer.',
  words: {
    moods: {
      processing: ['Отвечает позже', 'Answers later'],
      lost: ['Списывает, ответ теряется', 'Charges, and the answer is lost'],
      '402': ['Счёт пуст', 'The account is empty'],
      '403': ['Не пускает', 'Lets nobody in'],
    },
    outcomes: {
      ok: ['отвечено', 'answered'],
      unpaid: ['402', ''],
      rejected: ['422', ''],
      lost: ['ответ потерян', 'answer lost'],
    },
    values: {
      successful: ['найдено', 'successful'],
      unsuccessful: ['неизвестно', 'unsuccessful'],
      failed: ['сбой', 'failed'],
    },
    tones: { processing: 'rough' },
  },
});
