// The pages for somebody who leaves their data: /lead-form, and the thanks to which POST /leads leads from there.
import type { FastifyInstance } from 'fastify';
import { formPath, leadFormPage, pageHeaders, thanksPage, thanksPath } from './lead-form.page.js';
import { textsFor } from './lead-language.js';

export function mountLeadForm(server: FastifyInstance): void {
  server.get<PageRequest>(formPath, { config }, ({ headers, query: { lang, source } }, reply) => {
    const texts = textsFor(headers, lang);
    const page = leadFormPage(texts, { values: { source }, faults: new Map() });
    return reply.headers(pageHeaders(texts)).type(html).send(page);
  });
  server.get<PageRequest>(thanksPath, { config }, ({ headers, query: { lang } }, reply) => {
    const texts = textsFor(headers, lang);
    return reply.headers(pageHeaders(texts)).type(html).send(thanksPage(texts));
  });
}

interface PageRequest {
  readonly Querystring: {
    readonly lang?: unknown;
    /** Which advertisement or page leads here; it is stored with the lead. */
    readonly source?: unknown;
  };
}

const config = { policy: 'open', anonymous: true } as const;
const html = 'text/html; charset=utf-8';
