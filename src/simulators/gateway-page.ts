// The simulated gateway's page: its figures, its moods and its words.
import type { z } from 'zod';
import type { gatewayMood } from '../shared/gateway-mood.js';
import { type MoodButton, pageHandler } from './simulator-page.js';

interface GatewayButton extends MoodButton {
  readonly mood: z.input<typeof gatewayMood>;
}

const moods: readonly GatewayButton[] = [
  { mood: { mode: 'ok' }, ru: 'Всё хорошо', en: 'All is well' },
  { mood: { mode: 'slow', latencyMs: 3_000 }, ru: 'Медленно: 3 с', en: 'Slow: 3 s' },
  { mood: { mode: 'hang' }, ru: 'Зависает', en: 'Never answers' },
  { mood: { mode: 'drip' }, ru: 'Байт в секунду', en: 'One byte a second' },
  { mood: { mode: '5xx' }, ru: 'Ошибка 500', en: 'Error 500' },
  { mood: { mode: '429', retryAfter: 5 }, ru: 'Слишком часто', en: '429, Retry-After: 5' },
  { mood: { mode: '401' }, ru: 'Чужой токен', en: '401, bad token' },
  { mood: { mode: 'garbage' }, ru: 'Мусор в ответ', en: 'Answers garbage' },
  { mood: { mode: 'reset' }, ru: 'Обрыв связи', en: 'Resets connections' },
  { mood: { mode: 'down', forMs: 30_000 }, ru: 'Выключен: 30 с', en: 'Down for 30 s' },
  {
    mood: { mode: 'mixed', errors: 0.3, hangs: 0.1, garbage: 0.05 },
    ru: 'Плохой день: ошибки, молчание, мусор',
    en: '30 % errors, 10 % hang, 5 % garbage',
  },
];

export const gatewayPage = pageHandler({
  name: 'gateway',
  explanation: {
    ru: 'Имитация: сообщения принимаются и никуда не уходят.',
    en: 'A simulated message gateway: messages are taken and go nowhere.',
  },
  figures: [
    { name: 'perSecond', ru: 'в секунду', en: 'a second' },
    { name: 'inFlight', ru: 'в работе', en: 'in flight' },
    { name: 'total', ru: 'запросов', en: 'requests' },
    { name: 'distinct', ru: 'сообщений принято', en: 'messages taken' },
    { name: 'duplicates', ru: 'принято повторно', en: 'taken again' },
  ],
  moods,
  columns: [
    { name: 'id', ru: 'Сообщение', en: 'Message' },
    { name: 'outcome', ru: 'Ответ', en: 'Answer' },
    { name: 'accepted', ru: 'Принято', en: 'Taken' },
    { name: 'ms', ru: 'мс', en: 'ms' },
  ],
  reset: { ru: 'Обнулить счётчики', en: 'Reset the counters' },
  silence: 'Шлюз не отвечает. · The gateway does not answer.',
  words: {
    moods: {},
    outcomes: { ok: ['принято', 'taken'], rejected: ['400', ''] },
    values: { true: ['да', 'yes'], false: ['нет', 'no'] },
    tones: {},
  },
});
