// How a simulator's page looks, and what it does in the browser: asks for the figures each second, switches moods.

export const style = `
:root { color-scheme: light dark; font: 1rem/1.45 system-ui, sans-serif;
  --line: color-mix(in srgb, currentColor 18%, transparent); --faint: color-mix(in srgb, currentColor 6%, transparent);
  --calm: #1a8f4d; --rough: #c77700; --bad: #cf3a3a; }
body { max-width: 46rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
h2 span + span, th span + span { margin-left: .4em; font-weight: normal; }
header p { margin: 0; }
nav { float: right; font-size: .92rem; }
nav a { color: inherit; }
nav span + span { margin-left: .4em; }
[lang=en] { opacity: .65; }
#now { display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: baseline; position: sticky; top: .5rem; z-index: 1; margin: 1.5rem 0 1rem; padding: .9rem 1.1rem; border-radius: .6rem;
  color: #fff; background: var(--calm); transition: background .3s; }
#now[data-tone=rough] { background: var(--rough); }
#now[data-tone=bad] { background: var(--bad); }
#now b { font-size: 1.15rem; }
#figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .6rem; }
@media (min-width: 34rem) { #figures:has(> :nth-child(6)) { grid-template-columns: repeat(3, 1fr); } }
#figures div { border: 1px solid var(--line); border-radius: .6rem; padding: .6rem .8rem; }
#figures b { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
#figures span { display: block; font-size: .82rem; line-height: 1.3; }
#chart { display: block; width: 100%; height: 4rem; margin: 1rem 0 .4rem; background: var(--faint); border-radius: .4rem; }
#chart rect { fill: var(--calm); }
#outcomes { min-height: 1.7rem; margin: 0; display: flex; flex-wrap: wrap; gap: .4rem; font-size: .88rem; }
#outcomes span { padding: .05rem .6rem; border-radius: 1rem; border: 1px solid var(--line); }
#moods { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .6rem; margin-top: .6rem; }
button, select { font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: .6rem; }
select { padding: .3rem .5rem; margin-left: .4rem; }
select option { color: CanvasText; background: Canvas; }
label span + span { margin-left: .3em; }
button { padding: .75rem .9rem; text-align: left; cursor: pointer; }
button span { display: block; }
button span + span { font-size: .88rem; }
button:hover, button:focus-visible { border-color: currentColor; }
button[aria-pressed=true] { border-color: currentColor; background: var(--faint); box-shadow: inset 0 0 0 1px currentColor; }
button[data-mode=mixed] { grid-column: span 2; }
#complaint:empty { display: none; }
#complaint { color: var(--bad); }
#requests { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th { font-weight: 600; text-align: left; }
tr { border-bottom: 1px solid var(--line); }
th, td { padding: .25rem .5rem .25rem 0; }
td:first-child { white-space: nowrap; }
td span + span { margin-left: .4em; font-size: .92em; }
@media (max-width: 34rem) { table [lang=en] { display: none; } }
th:last-child, td:last-child { text-align: right; padding-right: 0; }
td.calm { color: var(--calm); } td.rough { color: var(--rough); } td.bad { color: var(--bad); }
#reset { margin: 1.5rem 0 3rem; }
`;

/** Plain JavaScript; inline, so that the page is one answer. What differs between the simulators comes in as `page`. */
export const script = `
'use strict';
const at = (id) => document.getElementById(id);
const names = {
  ok: ['Всё хорошо', 'All is well'], slow: ['Медленно', 'Slow'], hang: ['Зависает', 'Never answers'],
  drip: ['По байту в секунду', 'One byte a second'], '5xx': ['Ошибки', 'Errors'], '429': ['Слишком часто', 'Too many requests'],
  '401': ['Не узнаёт токен', 'Knows no token'], garbage: ['Отвечает мусором', 'Answers garbage'],
  reset: ['Рвёт соединения', 'Resets connections'], down: ['Недоступен', 'Down'], mixed: ['Плохой день', 'A bad day'],
  away: ['Не отвечает', 'Does not answer'], ...page.moods,
};
const outcomes = {
  error: ['ошибка', 'error'], limited: ['429', ''], denied: ['401', ''], hang: ['нет ответа', 'no answer'],
  drip: ['по байту', 'dripped'], garbage: ['мусор', 'garbage'], reset: ['обрыв', 'reset'], ...page.outcomes,
};
const tones = { ok: 'calm', slow: 'rough', drip: 'rough', '429': 'rough', limited: 'rough', mixed: 'rough', garbage: 'rough', ...page.tones };
const toneOf = (name) => tones[name] || 'bad';
const count = (n) => n.toLocaleString('ru');
let until = null;
let mood = { mode: 'away' };

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function both([ru, en]) {
  const english = element('span', en);
  english.lang = 'en';
  return [element('span', ru), english];
}

function cell(content, className) {
  const made = element('td', '', className);
  made.append(...content);
  return made;
}

function cellOf(name, value) {
  if (name === 'outcome') return cell(both(outcomes[value]), toneOf(value));
  if (name === 'ms') return cell([value === undefined ? '…' : count(value)]);
  const words = page.words[String(value)];
  return cell(words ? both(words) : [value ?? '—']);
}

/** A button is pressed where all that it asks for is so. */
function showMood(shown) {
  at('mood').textContent = names[shown.mode].join(' · ');
  at('now').dataset.tone = toneOf(shown.mode);
  for (const button of document.querySelectorAll('[data-mood]')) {
    const asked = Object.entries(JSON.parse(button.dataset.mood));
    button.setAttribute('aria-pressed', asked.every(([key, value]) => shown[key] === value));
  }
}

function showTime() {
  const left = until === null ? 0 : Math.ceil((until - Date.now()) / 1000);
  at('until').textContent = left > 0 ? 'ещё ' + left + ' с · ' + left + ' s left' : '';
}

function showChart(seconds) {
  const top = Math.max(4, ...seconds);
  at('chart').replaceChildren(...seconds.map((n, i) => {
    const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    const height = n === 0 ? 0 : Math.max(1.5, (n / top) * 58);
    for (const [key, value] of Object.entries({ x: i * 6 + 0.75, y: 64 - height, width: 4.5, height })) bar.setAttribute(key, value);
    return bar;
  }));
}

function showRecent(recent) {
  at('recent').replaceChildren(...recent.slice(0, 15).map((seen) => {
    const row = document.createElement('tr');
    row.append(...page.columns.map((name) => cellOf(name, seen[name])));
    return row;
  }));
}

function show(stats) {
  until = stats.until === null ? null : Date.parse(stats.until);
  mood = stats.mood;
  showMood(mood);
  for (const name of page.figures) at(name).textContent = typeof stats[name] === 'number' ? count(stats[name]) : '$' + stats[name];
  showChart(stats.lastMinute);
  at('outcomes').replaceChildren(...Object.entries(stats.outcomes).map(([name, n]) =>
    element('span', outcomes[name].filter(Boolean).join(' · ') + ': ' + count(n))));
  showRecent(stats.recent);
}

async function refresh() {
  try {
    show(await (await fetch('stats')).json());
  } catch {
    showMood(mood.mode === 'down' && until > Date.now() ? mood : { mode: 'away' });
  }
  showTime();
}

async function send(path, request) {
  try {
    const answer = await fetch(path, request);
    at('complaint').textContent = answer.ok ? '' : (await answer.json()).message;
    const told = answer.status === 200 ? await answer.json() : { mood, until: null };
    mood = told.mood;
    until = told.until === null ? null : Date.parse(told.until);
  } catch {
    at('complaint').textContent = page.silence;
  }
  await refresh();
}

for (const button of document.querySelectorAll('[data-mood]')) button.addEventListener('click', () => {
  const asked = JSON.parse(button.dataset.mood);
  if (at('time').value !== '' && asked.mode !== 'ok' && asked.mode !== 'down') asked.forMs = Number(at('time').value);
  send('mood', { method: 'PUT', body: JSON.stringify(asked) });
});
at('reset').addEventListener('click', () => send('stats', { method: 'DELETE' }));
setInterval(refresh, 1000);
refresh();
`;
