// What generators of clients and readers of /docs/ need from the OpenAPI document, and what ajv says of its examples.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describeRest } from '../../src/rest/mount.js';
import { fieldCodes, reasonsByCode } from '../../src/shared/error-details.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
}

interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
}

interface Answer {
  readonly $ref?: string;
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
    readonly schema: Schema & { readonly examples?: readonly unknown[] };
    readonly example?: unknown;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Record<string, Answer>;
  };
}

const document = JSON.parse(JSON.stringify(describeRest('1.0.0'))) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    path,
    method,
    ...operation,
  })),
);
const { schemas } = document.components;
const nameIn = (ref: string): string => ref.split('/').at(-1) ?? '';
const answerOf = (answer: Answer): Answer =>
  answer.$ref ? (document.components.responses[nameIn(answer.$ref)] ?? answer) : answer;
const allAnswers = operations.flatMap(({ name, responses }) =>
  Object.entries(responses).map(([status, answer]) => ({ name: `${name} ${status}`, status, ...answerOf(answer) })),
);
const exampleIn = ({
  example,
  schema,
}: {
  readonly example?: unknown;
  readonly schema: { readonly examples?: readonly unknown[] };
}) => example ?? schema.examples?.[0];
const isJson = (type: string): boolean => /json|urlencoded/.test(type);

/** Every media type with its place. */
const media = [
  ...operations.flatMap(({ name, requestBody }) =>
    Object.entries(requestBody?.content ?? {}).map(([type, body]) => ({
      name: `${name} takes ${type}`,
      type,
      ...body,
    })),
  ),
  ...allAnswers.flatMap(({ name, content }) =>
    Object.entries(content ?? {}).map(([type, body]) => ({ name: `${name} is ${type}`, type, ...body })),
  ),
];

describe('the OpenAPI document', () => {
  it('named operations by their paths, e.g. postApiV1Mailings: each has a verb and a noun of its own', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id) => !/^[a-z]+([A-Z][a-z0-9]*)+$/.test(id) || /V1/.test(id))).toEqual([]);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([]);
    expect(ids).toEqual(expect.arrayContaining(['createMailing', 'listMailings', 'getMailing', 'createClient']));
  });

  it('told no operation more than who may call it', () => {
    const bare = operations.filter(({ summary, description }) => !summary.trim() || description.trim().length < 20);
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  it('told no 4xx answers', () => {
    const probes = ['/livez', '/readyz', '/metrics'];
    const lacking = operations
      .filter(({ path }) => !probes.includes(path))
      .flatMap(({ name, responses, path, requestBody }) => {
        const wanted = [
          ...(path === '/api/check-imei' ? [] : ['401']),
          '403',
          ...(path.includes('{id}') || path.includes('{pk}') ? ['404'] : []),
          // The old IMEI server answered 400 to other media types.
          ...(requestBody ? ['413', ...(path === '/api/check-imei' ? [] : ['415'])] : []),
          '429',
        ];
        return wanted.filter((status) => !responses[status]).map((status) => `${name}: ${status}`);
      });
    expect(lacking).toEqual([]);
    expect(allAnswers.filter(({ description }) => !description.trim())).toEqual([]);
  });

  it('left fields and parameters without a description', () => {
    const seen: string[] = [];
    const walk = (place: string, schema: Schema): void => {
      for (const [name, property] of Object.entries(schema.properties ?? {})) {
        const described = property.description ?? (property.$ref && schemas[nameIn(property.$ref)]?.description);
        if (!described?.trim()) seen.push(`${place}.${name}`);
        walk(`${place}.${name}`, property);
      }
      for (const part of [schema.items, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) if (part) walk(place, part);
      if (typeof schema.additionalProperties === 'object') walk(place, schema.additionalProperties);
    };
    for (const [name, schema] of Object.entries(schemas)) walk(name, schema);
    for (const { name, schema } of media) walk(name, schema);
    for (const { name, parameters = [] } of operations) {
      for (const parameter of parameters) if (!parameter.description?.trim()) seen.push(`${name} ?${parameter.name}`);
    }
    expect(seen).toEqual([]);
  });

  it('had no examples: each body, parameter and answer has one', () => {
    const lacking = [
      ...media.filter(({ type, example }) => isJson(type) && example === undefined).map(({ name }) => name),
      ...operations.flatMap(({ name, parameters = [] }) =>
        parameters.filter((one) => exampleIn(one) === undefined).map((parameter) => `${name} ?${parameter.name}`),
      ),
    ];
    expect(lacking).toEqual([]);
  });

  it('has examples that are what they are examples of', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema({ $id: 'https://doc/', components: document.components });
    const compiled = new Map<string, ValidateFunction>();
    const check = (name: string, schema: Schema, example: unknown): string[] => {
      const text = JSON.stringify(schema).replaceAll('"#/components/', '"https://doc/#/components/');
      const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text));
      compiled.set(text, validate);
      return validate(example) ? [] : [`${name}: ${ajv.errorsText(validate.errors)}`];
    };
    const wrong = [
      ...media.flatMap(({ name, type, schema, example }) => (isJson(type) ? check(name, schema, example) : [])),
      ...operations.flatMap(({ name, parameters = [] }) =>
        parameters.flatMap((one) => check(`${name} ?${one.name}`, one.schema, exampleIn(one))),
      ),
    ];
    expect(wrong).toEqual([]);
  });

  it('told of no Location where something is created', () => {
    const created = allAnswers.filter(({ status }) => status === '201' || status === '202');
    expect(created.length).toBeGreaterThan(8);
    expect(created.filter(({ headers }) => !headers?.Location).map(({ name }) => name)).toEqual([]);
  });

  it('left open what reasons and field codes can be', () => {
    const problem = schemas.Problem?.properties;
    const reasons = new Set(Object.values(reasonsByCode).flatMap((words) => Object.keys(words)));
    expect(problem?.reasons?.items?.enum).toEqual([...reasons]);
    expect(problem?.fields?.items?.properties?.code?.enum).toEqual(Object.keys(fieldCodes));
  });
});
