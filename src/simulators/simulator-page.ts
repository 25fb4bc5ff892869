// A simulator's page for a person: what it is doing now, and a button for each mood. Russian and English, and nothing fetched
// from elsewhere.
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { SimulatorName } from '../shared/simulators.js';
import { script, style } from './simulator-page.assets.js';

export interface Words {
  readonly ru: string;
  readonly en: string;
}

export interface MoodButton extends Words {
  readonly mood: { readonly mode: string };
}

export interface Named extends Words {
  readonly name: string;
}

/** Russian and English, as the script takes them. */
type Both = readonly [ru: string, en: string];

export interface SimulatorPage {
  readonly name: SimulatorName;
  readonly explanation: Words;
  /** Figures that are text are dollars. */
  readonly figures: readonly Named[];
  readonly moods: readonly MoodButton[];
  /** Of the last requests; `outcome` and `ms` are among them. */
  readonly columns: readonly Named[];
  readonly reset: Words;
  readonly silence: string;
  /** What goes beyond the words that all pages have: of moods, of outcomes, of values in columns. */
  readonly words: {
    readonly moods: Readonly<Record<string, Both>>;
    readonly outcomes: Readonly<Record<string, Both>>;
    readonly values: Readonly<Record<string, Both>>;
    readonly tones: Readonly<Record<string, 'calm' | 'rough'>>;
  };
}

/** Made once, given out as often as it is asked for. */
export function pageHandler(page: SimulatorPage): (response: ServerResponse) => void {
  const program = `const page = ${JSON.stringify(programWords(page))};${script}`;
  const text = document(page, program);
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy(program),
    'cache-control': 'no-store',
  };
  return (response) => void response.writeHead(200, headers).end(text);
}

const titles: Readonly<Record<SimulatorName, Words>> = {
  gateway: { ru: 'Шлюз сообщений', en: 'Message gateway' },
  imei: { ru: 'Сервис проверки IMEI', en: 'IMEI checks' },
};

/** The others. */
const linksFrom = (name: SimulatorName): string =>
  Object.entries(titles)
    .filter(([other]) => other !== name)
    .map(([other, title]) => `<a href="/${other}/">${both(title)}</a>`)
    .join('');

const programWords = ({ words, figures, columns, silence }: SimulatorPage) => ({
  ...{ moods: words.moods, outcomes: words.outcomes, words: words.values, tones: words.tones, silence },
  figures: figures.map(({ name }) => name),
  columns: columns.map(({ name }) => name),
});

const both = ({ ru, en }: Words): string => `<span>${ru}</span><span lang="en">${en}</span>`;

const buttonOf = ({ mood, ru, en }: MoodButton): string =>
  `<button data-mood='${JSON.stringify(mood)}' data-mode="${mood.mode}" aria-pressed="false">${both({ ru, en })}</button>`;

const figureOf = ({ name, ru, en }: Named): string => `<div><b id="${name}">–</b>${both({ ru, en })}</div>`;

const document = (page: SimulatorPage, program: string): string => `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Switchboard · ${titles[page.name].en}</title>
<style>${style}</style>
</head>
<body>
<header>
<nav>${linksFrom(page.name)}</nav>
<h1>${titles[page.name].ru}</h1>
<p>${page.explanation.ru}</p>
<p lang="en">${page.explanation.en}</p>
</header>
<section id="now" role="status" data-tone="calm"><b id="mood">…</b><span id="until"></span></section>
<section id="figures">${page.figures.map(figureOf).join('')}</section>
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
<section id="moods">${page.moods.map(buttonOf).join('\n')}</section>
<p id="complaint" role="alert"></p>
<h2>${both({ ru: 'Последние запросы', en: 'Last requests' })}</h2>
<div id="requests"><table>
<thead><tr>${page.columns.map((column) => `<th>${both(column)}</th>`).join('')}</tr></thead>
<tbody id="recent"></tbody>
</table></div>
<button id="reset">${both(page.reset)}</button>
<script>${program}</script>
</body>
</html>
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const contentSecurityPolicy = (program: string): string =>
  [
    "default-src 'none'",
    `script-src ${hashOf(program)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
