// What every operation of an OpenAPI document is asked in order to see that it refuses what the document does not know:
// an unknown parameter, an unknown key at each level of its body, a header that it does not honour.

export type Schema = Readonly<Record<string, unknown>> & {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
};

export interface Described {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Probe {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly init: RequestInit;
  /** The name that is to be told. */
  readonly name: string;
}

export const unknown = 'zzUnknown';

/** Of the operations under these paths. */
export function probesOf(document: Document, isStrict: (method: string, path: string) => boolean): Probe[] {
  return Object.entries(document.paths).flatMap(([template, operations]) =>
    Object.entries(operations)
      .filter(([method]) => isStrict(method, template))
      .flatMap(([method, operation]) => {
        const about = { method: method.toUpperCase(), path: template.replace(/\{\w+\}/g, '1') };
        return probesOfOperation(document, about, operation);
      }),
  );
}

type About = Pick<Probe, 'method' | 'path'>;

function probesOfOperation(document: Document, { method, path }: About, operation: Described): Probe[] {
  const bodies = bodiesOf(document, operation);
  const [valid = {}] = bodies.map(({ without }) => without);
  const probe = (what: string, rest: Pick<Probe, 'init' | 'name'>, at = path): Probe => ({
    ...{ what: `${method} ${path}: ${what}`, method, path: at },
    ...{ name: rest.name, init: { method, ...rest.init } },
  });
  const probes = [probe('a parameter', { init: valid, name: unknown }, `${path}?${unknown}=1`)];
  if (method === 'GET') return probes;
  probes.push(...bodies.map(({ level, init, name }) => probe(`a key of ${level}`, { init, name })));
  if (bodies.length === 0)
    probes.push(probe('a body where none is taken', { init: json({ [unknown]: 1 }), name: unknown }));
  if (!operation.parameters?.some(({ name }) => name === 'Idempotency-Key')) {
    const headers = { ...Object.fromEntries(new Headers(valid.headers)), 'idempotency-key': 'k' };
    probes.push(probe('a header that it does not honour', { init: { ...valid, headers }, name: 'Idempotency-Key' }));
  }
  return probes;
}

interface Body {
  readonly level: string;
  readonly init: RequestInit;
  readonly name: string;
  readonly without: RequestInit;
}

function bodiesOf(document: Document, { requestBody }: Described): Body[] {
  return Object.entries(requestBody?.content ?? {}).flatMap(([type, { schema }]): Body[] => {
    if (type === 'multipart/form-data')
      return [{ level: 'the form', init: form({ [unknown]: '1' }), name: unknown, without: form({}) }];
    const without = json(sampleOf(document, schema));
    return levelsOf(document, schema).map(({ path, value }) => ({
      ...{ level: path.join('.') || 'the body', init: json(value), without },
      name: [...path, unknown].join('.'),
    }));
  });
}

const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

function form(fields: Readonly<Record<string, string>>): RequestInit {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', new Blob(['79001234567\n']), 'people.csv');
  return { body };
}

interface Level {
  readonly path: readonly string[];
  /** What is sent: the way down to this level, and a key that it does not know. */
  readonly value: unknown;
}

/** Every object that a value of the schema can hold. */
function levelsOf(document: Document, schema: Schema): Level[] {
  const { properties, items, anyOf, oneOf } = resolved(document, schema);
  const choices = (anyOf ?? oneOf ?? []).flatMap((choice) => levelsOf(document, choice));
  const inItems = items
    ? levelsOf(document, items).map(({ path, value }) => ({ path: ['0', ...path], value: [value] }))
    : [];
  if (!properties) return [...choices, ...inItems];
  const here = sampleOf(document, schema) as object;
  const below = Object.entries(properties).flatMap(([name, inner]) =>
    levelsOf(document, inner).map(({ path, value }) => ({ path: [name, ...path], value: { ...here, [name]: value } })),
  );
  return [{ path: [], value: { ...here, [unknown]: 1 } }, ...below, ...choices, ...inItems];
}

/** Of the right shape; its values need not fit, because all faults are told at once. */
function sampleOf(document: Document, schema: Schema): unknown {
  const { properties, required = [], items, anyOf, oneOf, ...rest } = resolved(document, schema);
  const choice = (anyOf ?? oneOf)?.[0];
  if (choice) return sampleOf(document, choice);
  if (properties)
    return Object.fromEntries(required.map((name) => [name, sampleOf(document, properties[name] as Schema)]));
  if (items) return [sampleOf(document, items)];
  if ('const' in rest) return rest.const;
  if (Array.isArray(rest.enum)) return rest.enum[0];
  return { integer: 1, number: 1, boolean: true, null: null }[String(rest.type)] ?? 'x';
}

function resolved({ components }: Document, schema: Schema): Schema {
  const { $ref } = schema;
  return $ref ? (components.schemas[$ref.split('/').at(-1) ?? ''] as Schema) : schema;
}
