// Leads over REST: anybody leaves theirs, as JSON or by the form, from any page; staff read, change and erase them.
import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { z } from 'zod';
import { updateLeadInput } from '../domain/leads/lead.inputs.js';
import { formTypes, isForm } from './form-body.js';
import { lead, newLead, presentLead, presentTaken, readNewLead, takenLead } from './lead.shapes.js';
import { leadFailures, presentLeadFailure } from './lead-failure.js';
import { thanksPath } from './lead-form.page.js';
import { textsFor } from './lead-language.js';
import { locationHeader } from './operation.js';
import { idempotencyKeyOf, mountRoutes, none, one, type RestRoute, type RunUnit } from './route.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** In the place of what @fastify/cors does everywhere else. */
    cors?: { readonly origin: '*'; readonly methods?: readonly string[] };
  }
}

const about = { tag: 'Leads', failure: leadFailures } as const;
const all = '/leads';
const single = '/leads/{id}';
const params = z.object({ id: z.string().describe('Decimal id.') });
const failing = { presentFailure: presentLeadFailure } as const satisfies FastifyContextConfig;
const anyOrigin = { ...failing, cors: { origin: '*', methods: ['POST'] } } as const satisfies FastifyContextConfig;

/** A page that posts the form without asking first (no-cors) would be told that it failed. */
const forAnyPage = { 'cache-control': 'no-store', 'cross-origin-resource-policy': 'cross-origin' };

const thanksHeader = { Location: { description: 'The page with thanks.', schema: { type: 'string' } } };

const leadQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('How many.'),
  offset: z.coerce.number().int().min(0).default(0).describe('How many are passed over.'),
  email: z.string().optional().describe('Exactly this one; not for a VIEWER.'),
  phone: z.string().optional().describe('Exactly this one, in any spelling; not for a VIEWER.'),
});

const leadList = z
  .object({
    total: z.int().describe('How many there are.'),
    items: z.array(lead).describe('Those that were asked for.'),
  })
  .meta({ id: 'LeadList', description: 'A part of the leads.' });

const create: RestRoute = {
  operation: {
    ...about,
    method: 'POST',
    path: all,
    policy: 'open',
    lenient: true,
    id: 'createLead',
    failure: { ...leadFailures, name: 'LeadFormFailure', pages: true },
    summary: 'Leaves a lead',
    body: newLead,
    bodyTypes: ['application/json', ...formTypes],
    idempotent: true,
    answers: [
      { status: 201, description: 'It is stored.', schema: takenLead, headers: locationHeader },
      { status: 303, description: 'It is stored, and came by the form.', headers: thanksHeader },
    ],
  },
  config: anyOrigin,
  handle: async (unit, request, reply) => {
    const { viewer, headers, body } = request;
    reply.headers(forAnyPage);
    const row = await unit(viewer, ({ leads }) => leads.create(readNewLead(body), idempotencyKeyOf(request)));
    if (!isForm(headers['content-type']))
      return reply
        .code(201)
        .header('location', `${all}/${row.id}`)
        .send(z.encode(takenLead, presentTaken(viewer, row)));
    const { lang } = body as { readonly lang?: unknown };
    return reply.redirect(`${thanksPath}?lang=${textsFor(headers, lang).language}`, 303);
  },
};

export const leadRoutes: readonly RestRoute[] = [
  create,
  one({
    ...about,
    method: 'GET',
    path: all,
    policy: 'leadsRead',
    id: 'listLeads',
    summary: 'Leads, the newest first',
    query: leadQuery,
    status: 200,
    response: leadList,
    says: 'So many there are, and those that were asked for.',
    run: async ({ leads, work }, { query: { limit, offset, ...filter } }) => {
      const page = await leads.list({ filter }, { first: limit, skip: offset });
      return { total: await page.count(), items: page.nodes.map((row) => presentLead(work.viewer, row)) };
    },
  }),
  one({
    ...about,
    method: 'GET',
    path: single,
    policy: 'leadsRead',
    id: 'getLead',
    summary: 'One lead',
    params,
    status: 200,
    response: lead,
    says: 'The lead.',
    run: async ({ leads, work }, { params: { id } }) => presentLead(work.viewer, await leads.get(id)),
  }),
  one({
    ...about,
    method: 'PATCH',
    path: single,
    policy: 'leadsChange',
    id: 'updateLead',
    summary: 'Changes a lead: an absent key leaves the value, null clears the note',
    params,
    body: updateLeadInput,
    status: 200,
    response: lead,
    says: 'The lead as it is now.',
    run: async ({ leads, work }, { params: { id }, body }) => presentLead(work.viewer, await leads.update(id, body)),
  }),
  none({
    ...about,
    method: 'DELETE',
    path: single,
    policy: 'leadsChange',
    id: 'deleteLead',
    summary: 'Erases a lead',
    params,
    says: 'It is gone, and its key with it.',
    run: ({ leads }, { params: { id } }) => leads.delete(id),
  }),
];

export function mountLeads(server: FastifyInstance, unit: RunUnit): void {
  mountRoutes(
    server,
    leadRoutes.map((route) => ({ ...route, config: route.config ?? failing })),
    unit,
  );
  // @fastify/cors answers in its hook; the route is there to say that any origin may ask.
  server.options(all, { config: { ...anyOrigin, policy: 'open', anonymous: true } }, (_request, reply) =>
    reply.code(204).send(),
  );
}
