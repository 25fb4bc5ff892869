// The contract's scalars: strict on the way in, canonical on the way out.
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { isoTime, momentOf } from '../shared/iso-time.js';

export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'RFC 3339 with an offset, e.g. 2026-03-29T01:30:00+03:00.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize(value) {
    if (value instanceof Date && !Number.isNaN(value.getTime())) return isoTime(value);
    throw new TypeError('DateTime: expected a valid Date');
  },
  parseValue: (value) => parseDateTime(value),
  parseLiteral: (node) => parseDateTime(stringOf(node), node),
});

/** A literal is told with its place, by which the field is found. */
function parseDateTime(value: unknown, node?: ValueNode): Date {
  const moment = typeof value === 'string' ? momentOf(value) : undefined;
  if (!moment) {
    throw new GraphQLError('DateTime: expected RFC 3339 with an offset, e.g. 2026-03-29T01:30:00+03:00.', {
      nodes: node ?? null,
    });
  }
  return moment;
}

const stringOf = (node: ValueNode): unknown => (node.kind === Kind.STRING ? node.value : undefined);

/** Accepts every text: the schemas beside the services refuse a bad one by its field, together with all else that is wrong. */
const checkedBelow = (name: string): { parseValue(value: unknown): string; parseLiteral(node: ValueNode): string } => {
  const parse = (value: unknown, node?: ValueNode): string => {
    if (typeof value === 'string') return value;
    throw new GraphQLError(`${name}: expected a string.`, { nodes: node ?? null });
  };
  return { parseValue: (value) => parse(value), parseLiteral: (node) => parse(stringOf(node), node) };
};

export const LocalTimeScalar = new GraphQLScalarType<string, string>({
  name: 'LocalTime',
  description: 'A time of the local day, HH:MM, 24 h, e.g. 09:30.',
  specifiedByURL: 'https://html.spec.whatwg.org/multipage/common-microsyntaxes.html#valid-time-string',
  ...checkedBelow('LocalTime'),
});

export const DateScalar = new GraphQLScalarType<string, string>({
  name: 'Date',
  description: 'A day in DEFAULT_TIMEZONE, YYYY-MM-DD.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6',
  ...checkedBelow('Date'),
});

export const DecimalScalar = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'Money in USD as a decimal string, e.g. 0.06.',
  specifiedByURL: 'https://www.w3.org/TR/xmlschema11-2/#decimal',
  ...checkedBelow('Decimal'),
});

export const TimeZoneScalar = new GraphQLScalarType<string, string>({
  name: 'TimeZone',
  description: 'IANA name of a time zone, e.g. Europe/Moscow; never an offset.',
  specifiedByURL: 'https://www.iana.org/time-zones',
  ...checkedBelow('TimeZone'),
});

export const JSONScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => jsonOf(node, variables ?? {}),
});

function jsonOf(node: ValueNode, variables: Record<string, unknown>): unknown {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.LIST:
      return node.values.map((value) => jsonOf(value, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, jsonOf(value, variables)]));
    case Kind.VARIABLE:
      return variables[node.name.value];
    case Kind.NULL:
      return null;
  }
}
