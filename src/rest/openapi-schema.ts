// zod schemas as the JSON schemas of the OpenAPI document; those that have an id are told once, under components. No I/O.
import { z } from 'zod';

export type Json = Record<string, unknown>;

export interface Components {
  readonly schemas: Json;
  readonly responses: Json;
}

export const componentsOf = (): Components => ({ schemas: {}, responses: {} });

export function jsonSchema(schema: z.ZodType, { schemas }: Components): Json {
  const generated: Json = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: json }) => {
      if (zodSchema._zod.def.type === 'date') Object.assign(json, { type: 'string', format: 'date-time' });
      // zod's pattern for moments is 300 characters that say what the format says; an integer is safe anyhow.
      if (json.format === 'date-time') delete json.pattern;
      // Where a text has two patterns: a part without a type is `unknown` to generators.
      const { type } = json;
      if (type && json.allOf) json.allOf = json.allOf.map((part) => ({ type, ...part }));
      if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
      if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
    },
  });
  const text = JSON.stringify(generated)
    .replaceAll('"#/$defs/', '"#/components/schemas/')
    // The same characters, in a spelling that every engine of regular expressions has.
    .replaceAll('\\\\p{Cc}', '\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f');
  const moved: Json = JSON.parse(text);
  const { $schema, $defs, ...rest } = moved;
  if ($defs && typeof $defs === 'object') Object.assign(schemas, $defs);
  const { id } = schema.meta() ?? {};
  if (typeof id !== 'string' || '$ref' in rest) return rest;
  schemas[id] = rest;
  return { $ref: `#/components/schemas/${id}` };
}
