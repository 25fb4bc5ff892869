// What the routes of the old mailing server have in common, and the answers that only they have: a whole list of any length,
// and a sentence as a JSON string.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Viewer } from '../auth/viewer.js';
import { parseInput } from '../domain/input.js';
import type { Services } from '../domain/services.js';
import { formTypes, takeMultipart } from './form-body.js';
import { legacyFailures, presentLegacyFailure } from './legacy-failure.js';
import type { Operation } from './operation.js';
import { mountRoutes, type RestRoute, type RunUnit } from './route.js';

const about = { tag: 'Legacy mailings', lenient: true, status: 200, failure: legacyFailures } as const;
export const reading = { ...about, method: 'GET', policy: 'mailingsRead' } as const;
export const writing = { ...about, policy: 'mailingsWrite' } as const;
export const bodyTypes = ['application/json', ...formTypes] as const;
export const params = z.object({ pk: z.string().describe('Its id.') });

/** A scope of its own: nobody else's requests get by with an empty body that says it were JSON, as DELETE of some clients does. */
export async function mountLegacy(server: FastifyInstance, routes: readonly RestRoute[], unit: RunUnit): Promise<void> {
  const config = { legacyOpen: true, sameOrigin: true, presentFailure: presentLegacyFailure } as const;
  const plugin: FastifyPluginAsync = async (scope) => {
    const parseJson = scope.getDefaultJsonParser('error', 'error');
    scope.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) =>
      body === '' ? done(null) : parseJson(request, body, done),
    );
    takeMultipart(scope);
    mountRoutes(
      scope,
      routes.map((route) => ({ ...route, config })),
      unit,
    );
  };
  await server.register(plugin);
}

type Declaration = Omit<Operation, 'answers' | 'params'>;
type Pages<Row> = AsyncIterator<readonly Row[], unknown>;

interface ListDeclaration<Row> extends Declaration {
  readonly response: z.ZodType;
  readonly pages: (services: Services) => Pages<Row>;
  readonly present: (viewer: Viewer, row: Row) => unknown;
}

interface SentenceDeclaration<P extends z.ZodObject> extends Declaration {
  readonly params: P;
  readonly sentence: string;
  readonly run: (services: Services, params: z.output<P>) => Promise<void>;
}

const contentType = 'application/json; charset=utf-8';

/**
 * Pages are read while the client takes them, so that no list has to fit into memory. What fails before the first page is
 * answered as any failure; later the connection breaks, so that nobody takes a part for the whole.
 */
export function wholeList<Row>({ response, pages, present, ...operation }: ListDeclaration<Row>): RestRoute {
  return {
    operation: { ...operation, answers: [{ status: 200, description: 'All there are.', schema: response }] },
    handle: async (unit, { viewer }, reply) => {
      const rest = await unit(viewer, async (services) => pages(services));
      const first = await rest.next();
      const chunks = chunksOf(first, rest, (row) => JSON.stringify(present(viewer, row)));
      return reply.type(contentType).send(Readable.from(chunks));
    },
  };
}

export function sentence<P extends z.ZodObject>(declaration: SentenceDeclaration<P>): RestRoute {
  const { params, sentence: text, run, ...operation } = declaration;
  return {
    operation: {
      ...operation,
      params,
      answers: [{ status: 200, description: 'Done.', schema: z.literal(text) }],
    },
    handle: async (unit, request, reply) => {
      const given = parseInput(params, request.params);
      await unit(request.viewer, (services) => run(services, given));
      return reply.type(contentType).send(JSON.stringify(text));
    },
  };
}

async function* chunksOf<Row>(
  first: IteratorResult<readonly Row[], unknown>,
  rest: Pages<Row>,
  write: (row: Row) => string,
): AsyncGenerator<string> {
  let before = '[';
  for (let page = first; !page.done; page = await rest.next()) {
    yield before + page.value.map(write).join(',');
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}
