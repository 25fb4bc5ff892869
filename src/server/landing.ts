// The page at / for people, until the dashboard is there: what this is and where to go on. Russian and English, and
// nothing fetched from elsewhere.
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { SimulatorName } from '../shared/simulators.js';
import type { SimulatorPage } from './local-world.js';

export interface LandingLink {
  readonly href: string;
  readonly ru: string;
  readonly en: string;
}

/** Takes the links to what exists; the server knows what it mounted. */
export function mountLanding(server: FastifyInstance, links: readonly LandingLink[]): void {
  const page = landingPage(links);
  server.get('/', { config: { policy: 'open', anonymous: true } }, (_request, reply) =>
    reply.header('content-security-policy', contentSecurityPolicy).type('text/html; charset=utf-8').send(page),
  );
}

export const landingLinks = {
  graphql: { href: '/graphql', ru: 'GraphQL: попробовать запросы', en: 'GraphQL: try queries' },
  docs: { href: '/docs/', ru: 'REST: описание и пробные вызовы', en: 'REST: reference, try each call' },
  leadForm: {
    href: '/lead-form',
    ru: 'Оставить контакты: форма для лидов',
    en: 'Leave your contacts: the form for leads',
  },
  openapi: { href: '/openapi.json', ru: 'Документ OpenAPI 3.1', en: 'The OpenAPI 3.1 document' },
} as const satisfies Record<string, LandingLink>;

export const simulatorLink = ({ name, href }: SimulatorPage): LandingLink => ({ href, ...simulatorNotes[name] });

const simulatorNotes: Readonly<Record<SimulatorName, Omit<LandingLink, 'href'>>> = {
  gateway: {
    ru: 'Имитация шлюза сообщений: что приходит, сменить её настроение',
    en: 'The simulated message gateway: what arrives, switch its mood',
  },
  imei: {
    ru: 'Имитация сервиса проверки IMEI: что спрашивают и сколько списано, сменить её настроение',
    en: 'The simulated IMEI provider: what is asked and charged, switch its mood',
  },
};

const style = `
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
body { max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
p { margin: 0 0 .25rem; }
p:lang(en), a span:lang(en) { opacity: .7; }
ul { list-style: none; padding: 0; margin: 2rem 0; }
a { display: block; padding: .8rem 1rem; margin: .6rem 0; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem; color: inherit; text-decoration: none; }
a:hover, a:focus-visible { border-color: currentColor; }
a span { display: block; }
`;

const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const landingPage = (links: readonly LandingLink[]): string => `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Switchboard</title>
<style>${style}</style>
</head>
<body>
<h1>Switchboard</h1>
<p>Проверка IMEI, лиды, рассылки, обзвон и сообщество в одном API.</p>
<p lang="en">IMEI checks, leads, mailings, calls and a community behind one API.</p>
<ul>
${links.map(({ href, ru, en }) => `<li><a href="${href}"><span>${ru}</span><span lang="en">${en}</span></a></li>`).join('\n')}
</ul>
</body>
</html>
`;
