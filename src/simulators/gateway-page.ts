// The simulated gateway's page for a person: what it is doing now, and a button for each mood. Russian and English, and
// nothing fetched from elsewhere.
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { gatewayMood } from '../shared/gateway-mood.js';
import { script, style } from './gateway-page.assets.js';

export function gatewayPage(response: ServerResponse): void {
  response
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
      'cache-control': 'no-store',
    })
    .end(page);
}

interface MoodButton {
  readonly mood: z.input<typeof gatewayMood>;
  readonly ru: string;
  readonly en: string;
}

const buttons: readonly MoodButton[] = [
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

const figures = [
  { name: 'perSecond', ru: 'в секунду', en: 'a second' },
  { name: 'inFlight', ru: 'в работе', en: 'in flight' },
  { name: 'total', ru: 'запросов', en: 'requests' },
  { name: 'distinct', ru: 'сообщений принято', en: 'messages taken' },
  { name: 'duplicates', ru: 'принято повторно', en: 'taken again' },
] as const;

const both = ({ ru, en }: { readonly ru: string; readonly en: string }): string =>
  `<span>${ru}</span><span lang="en">${en}</span>`;

const buttonOf = ({ mood, ru, en }: MoodButton): string =>
  `<button data-mood='${JSON.stringify(mood)}' data-mode="${mood.mode}" aria-pressed="false">${both({ ru, en })}</button>`;

const figureOf = ({ name, ru, en }: (typeof figures)[number]): string =>
  `<div><b id="${name}">–</b>${both({ ru, en })}</div>`;

const page = `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Switchboard · Gateway</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Шлюз сообщений</h1>
<p>Имитация: сообщения принимаются и никуда не уходят.</p>
<p lang="en">A simulated message gateway: messages are taken and go nowhere.</p>
</header>
<section id="now" role="status" data-tone="calm"><b id="mood">…</b><span id="until"></span></section>
<section id="figures">${figures.map(figureOf).join('')}</section>
<svg id="chart" viewBox="0 0 360 64" preserveAspectRatio="none" role="img" aria-label="Запросы за минуту · Requests in the last minute"></svg>
<p id="outcomes"></p>
<h2>${both({ ru: 'Настроение', en: 'Mood' })}</h2>
<label>${both({ ru: 'на', en: 'for' })}
<select id="time">
<option value="">насовсем · for good</option>
<option value="15000">15 с · s</option>
<option value="60000">1 мин · min</option>
<option value="300000">5 мин · min</option>
</select></label>
<section id="moods">${buttons.map(buttonOf).join('\n')}</section>
<p id="complaint" role="alert"></p>
<h2>${both({ ru: 'Последние запросы', en: 'Last requests' })}</h2>
<table>
<thead><tr><th>${both({ ru: 'Сообщение', en: 'Message' })}</th><th>${both({ ru: 'Ответ', en: 'Answer' })}</th><th>${both({ ru: 'Принято', en: 'Taken' })}</th><th>${both({ ru: 'мс', en: 'ms' })}</th></tr></thead>
<tbody id="recent"></tbody>
</table>
<button id="reset">${both({ ru: 'Обнулить счётчики', en: 'Reset the counters' })}</button>
<script>${script}</script>
</body>
</html>
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src ${hashOf(script)}`,
  `style-src ${hashOf(style)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
