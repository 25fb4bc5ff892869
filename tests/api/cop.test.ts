// The thirteen probes of graphql-cop against the production profile, as nobody: each is one request, and none may find
// what it looks for. Written after the tool, which is on no registry.
import { type ToyGraphql, toyGraphql } from '../support/toy-graphql.js';

let toy: ToyGraphql;
beforeAll(async () => {
  toy = await toyGraphql({ production: true });
});
afterAll(() => toy.close());

interface Found {
  readonly status: number;
  readonly text: string;
  readonly json: {
    readonly data?: Record<string, unknown> | null;
    readonly errors?: readonly unknown[];
    readonly extensions?: object;
  };
  readonly type: string;
}

async function probe(init: RequestInit, path = '/graphql'): Promise<Found> {
  const response = await fetch(`${toy.url}${path}`, init);
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return {
    status: response.status,
    text,
    type,
    json: type.includes('json') ? (JSON.parse(text) as Found['json']) : {},
  };
}

const post = (body: unknown, headers: Record<string, string> = {}): Promise<Found> =>
  probe({ method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

const hasData = ({ json }: Found): boolean => json.data != null;

interface Probe {
  readonly name: string;
  ask(): Promise<Found>;
  /** What the tool would report. */
  finds(answer: Found): boolean;
}

const circular = `query cop { __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }`;
const form = {
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'query=query%20cop%20%7B__typename%7D',
};

const probes: readonly Probe[] = [
  {
    name: 'alias overloading',
    ask: () =>
      post({ query: `query cop { ${Array.from({ length: 101 }, (_, i) => `alias${i}: __typename`).join(' ')} }` }),
    finds: hasData,
  },
  {
    name: 'array batching',
    ask: () => post(Array.from({ length: 10 }, () => ({ query: 'query cop { __typename }' }))),
    finds: ({ text, status }) => status === 200 || text.startsWith('['),
  },
  {
    name: 'directive overloading',
    ask: () => post({ query: `query cop { __typename ${'@aa'.repeat(10)} }` }),
    finds: (answer) => hasData(answer) || (answer.json.errors?.length ?? 0) >= 10,
  },
  {
    name: 'field duplication',
    ask: () => post({ query: `query cop { ${'__typename \n'.repeat(500)} }` }),
    finds: hasData,
  },
  { name: 'circular introspection', ask: () => post({ query: circular }), finds: hasData },
  {
    name: 'introspection',
    ask: () => post({ query: 'query cop { __schema { types { name fields { name } } } }' }),
    finds: hasData,
  },
  { name: 'queries by GET', ask: () => probe({}, '/graphql?query=query%20cop%20%7B__typename%7D'), finds: hasData },
  {
    name: 'mutations by GET',
    ask: () => probe({}, '/graphql?query=mutation%20cop%20%7B__typename%7D'),
    finds: hasData,
  },
  { name: 'a url-encoded body', ask: () => probe(form), finds: hasData },
  {
    name: 'tracing',
    ask: () =>
      post({ query: 'query cop { __typename }' }, { 'apollo-tracing': '1', 'apollo-federation-include-trace': 'ftv1' }),
    finds: ({ json }) => json.extensions !== undefined,
  },
  {
    name: 'field suggestions',
    ask: () => post({ query: 'query cop { __schema { directive } helo }' }),
    finds: ({ text }) => /did you mean/i.test(text),
  },
  {
    name: 'an IDE page',
    ask: async () => {
      const paths = [
        '/',
        '/graphiql',
        '/playground',
        '/console',
        '/graphql',
        '/api/graphql',
        '/altair',
        '/voyager',
        '/sandbox',
        '/explorer',
      ];
      const pages = await Promise.all(paths.map((path) => probe({ headers: { accept: 'text/html' } }, path)));
      return pages.find(isIde) ?? (pages[0] as Found);
    },
    finds: isIde,
  },
  {
    name: 'unhandled errors',
    ask: () => post({ query: 'qwerty cop { abc }' }),
    finds: ({ text }) => /exception|stacktrace|"stack"|\bat \w+.*:\d+:\d+/i.test(text),
  },
];

function isIde({ text }: Found): boolean {
  return /graphiql|graphql playground|GraphQLPlayground|graphql-playground|apollo-server-landing|embeddable-sandbox/i.test(
    text,
  );
}

it.each(probes)('$name finds nothing', async ({ ask, finds }) => {
  const answer = await ask();
  expect(answer.status).toBeLessThan(500);
  expect({ text: answer.text, found: finds(answer) }).toMatchObject({ found: false });
});

it('there are thirteen', () => expect(probes).toHaveLength(13));

it('the probes can see: in development they find the introspection', async () => {
  const production = toy;
  toy = await toyGraphql({ production: false });
  const found: string[] = [];
  for (const { name, ask, finds } of probes) if (finds(await ask())) found.push(name);
  await toy.close();
  toy = production;
  expect(found).toContain('introspection');
});
