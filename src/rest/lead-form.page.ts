// The page on which anybody may leave their data, and the one that thanks them: HTML that works without scripts, with nothing
// fetched from elsewhere. No I/O.
import { createHash } from 'node:crypto';
import { languages } from './accept-language.js';
import { style } from './lead-form.style.js';
import type { LeadTexts } from './lead-texts.js';

export interface LeadFormState {
  /** As they were sent: they stay in the form. */
  readonly values: Readonly<Record<string, unknown>>;
  /** By field. */
  readonly faults: ReadonlyMap<string, string>;
  readonly alert?: string;
}

export const formPath = '/lead-form';
export const thanksPath = '/lead-form/thanks';

export const pageHeaders = ({ language }: LeadTexts): Record<string, string> => ({
  'content-security-policy': contentSecurityPolicy,
  'content-language': language,
  'cache-control': 'no-store',
});

export function leadFormPage(texts: LeadTexts, { values, faults, alert }: LeadFormState): string {
  const { page, language } = texts;
  const first = inputs.find(({ name }) => faults.has(name))?.name;
  const fields = inputs.map((input) =>
    fieldOf(texts, { ...input, value: values[input.name], fault: faults.get(input.name), first: input.name === first }),
  );
  return document(texts, {
    path: formPath,
    title: alert ? `${page.error}: ${page.title}` : page.title,
    main: `<h1>${page.title}</h1>
<p>${page.about}</p>
${alert ? `<p class="alert" role="alert">${escaped(alert)}</p>\n` : ''}<form method="post" action="/leads" accept-charset="utf-8" novalidate>
<input type="hidden" name="lang" value="${language}">
${hidden('source', values.source)}${fields.join('\n')}
<button>${page.send}</button>
</form>
<p class="kept">${page.kept}</p>`,
  });
}

export const thanksPage = (texts: LeadTexts): string =>
  document(texts, {
    path: thanksPath,
    title: texts.page.thanks,
    main: `<h1>${texts.page.thanks}</h1>\n<p role="status">${texts.page.taken}</p>`,
  });

interface Input {
  readonly name: 'name' | 'email' | 'phone';
  readonly type: string;
  readonly autocomplete: string;
  readonly hint?: 'phoneHint';
}

const inputs: readonly Input[] = [
  { name: 'name', type: 'text', autocomplete: 'name' },
  { name: 'email', type: 'email', autocomplete: 'email' },
  { name: 'phone', type: 'tel', autocomplete: 'tel', hint: 'phoneHint' },
];

interface Field extends Input {
  readonly value: unknown;
  readonly fault: string | undefined;
  /** Of those at fault: where one goes on. */
  readonly first: boolean;
}

function fieldOf({ page }: LeadTexts, { name, type, autocomplete, hint, value, fault, first }: Field): string {
  const notes = [hint && `${name}-hint`, fault && `${name}-fault`].filter(Boolean).join(' ');
  const attributes = [
    `id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required value="${escaped(value)}"`,
    notes && `aria-describedby="${notes}"`,
    fault && 'aria-invalid="true"',
    first && 'autofocus',
  ];
  return `<div class="field">
<label for="${name}">${page[name]}</label>
${hint ? `<p class="hint" id="${name}-hint">${page[hint]}</p>\n` : ''}<input ${attributes.filter(Boolean).join(' ')}>
${fault ? `<p class="fault" id="${name}-fault">${escaped(fault)}</p>\n` : ''}</div>`;
}

const hidden = (name: string, value: unknown): string =>
  typeof value === 'string' && value !== '' ? `<input type="hidden" name="${name}" value="${escaped(value)}">\n` : '';

interface Document {
  readonly path: string;
  readonly title: string;
  readonly main: string;
}

const document = ({ page, language }: LeadTexts, { path, title, main }: Document): string => `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<nav aria-label="${page.languages}">
${languages.map((other) => `<a href="${path}?lang=${other}" lang="${other}" hreflang="${other}"${other === language ? ' aria-current="true"' : ''}>${ownNames[other]}</a>`).join('\n')}
</nav>
<main>
${main}
</main>
</body>
</html>
`;

const ownNames = { ru: 'Русский', en: 'English' } as const;

const escaped = (value: unknown): string =>
  (typeof value === 'string' ? value : '').replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');
