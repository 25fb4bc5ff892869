// The short way to complete a value: objects and lists whose fields are mere properties, read by compiled code.
// It only ever answers where nothing is out of the ordinary; for everything else it says undefined, and run.ts, which
// does it as the specification words it, starts that value anew. Reading properties twice does no harm.
import {
  GraphQLBoolean,
  type GraphQLField,
  GraphQLID,
  type GraphQLLeafType,
  type GraphQLList,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  TypeNameMetaFieldDef,
} from 'graphql';

/** The completed value; undefined where it has to be completed carefully. */
export type Quick = (value: unknown) => unknown;

/** A field of a selection, as far as reading it is concerned. */
export interface Readable {
  readonly key: string;
  readonly definition: GraphQLField<unknown, unknown>;
  /** Completes what the field gives, where no part of it has to be resolved. */
  readonly quick: Quick | undefined;
  /** No resolver: what the field gives is a property of its parent. */
  readonly isProperty: boolean;
}

export interface Shaped {
  readonly resolved: readonly Readable[];
  readonly shape: Quick;
}

type SelectionOf = (type: GraphQLObjectType) => Shaped;

export function quickFor(type: GraphQLOutputType, selectionOf: SelectionOf): Quick | undefined {
  if (isNonNullType(type)) {
    const inner = quickFor(type.ofType, selectionOf);
    return inner && ((value) => (value == null ? undefined : inner(value)));
  }
  if (isLeafType(type)) return quickLeaf(type);
  if (isListType(type)) return quickList(type, selectionOf);
  return isObjectType(type) ? quickObject(type, selectionOf) : undefined;
}

/** `{"id": …, "name": …}` in the order of the selection, so that all objects of a list have one hidden class. */
export function compileShape(type: GraphQLObjectType, fields: readonly Readable[]): Quick {
  const reads: string[] = [];
  const properties = fields.map((field, index) => {
    // In brackets, because a plain "__proto__" would set the prototype.
    const key = `[${JSON.stringify(field.key)}]`;
    if (field.definition === TypeNameMetaFieldDef) return `${key}: ${JSON.stringify(type.name)}`;
    if (!field.quick || !field.isProperty) return `${key}: undefined`;
    reads.push(readProperty(field, index));
    return `${key}: value${index}`;
  });
  const body = `return (source) => {
    if (typeof source !== 'object' || source === null || isUnusual(source)) return undefined;
    try {
      let read;
      ${reads.join('\n')}
      return { ${properties.join(', ')} };
    } catch {
      return undefined;
    }
  };`;
  return new Function('quick', 'isUnusual', body)(
    fields.map(({ quick }) => quick),
    isUnusual,
  );
}

function readProperty({ definition }: Readable, index: number): string {
  const read = `read = source[${JSON.stringify(definition.name)}];`;
  const primitive = primitives.get(getNullableType(definition.type));
  const complete = primitive
    ? `typeof read === '${primitive}' ? read : quick[${index}](read)`
    : `quick[${index}](read)`;
  return `${read} const value${index} = ${complete}; if (value${index} === undefined) return undefined;`;
}

/** What these scalars give back as it is. */
const primitives = new Map<GraphQLOutputType, string>([
  [GraphQLID, 'string'],
  [GraphQLString, 'string'],
  [GraphQLBoolean, 'boolean'],
]);

/** Errors and promises are for run.ts. */
const isUnusual = (value: object): boolean =>
  value instanceof Error || ('then' in value && typeof value.then === 'function');

function quickLeaf(type: GraphQLLeafType): Quick {
  return (value) => {
    if (value == null) return null;
    if (typeof value === 'function' || (typeof value === 'object' && isUnusual(value))) return undefined;
    try {
      return type.serialize(value) ?? undefined;
    } catch {
      // Thrown again, and told, on the careful way.
      return undefined;
    }
  };
}

function quickList(type: GraphQLList<GraphQLOutputType>, selectionOf: SelectionOf): Quick | undefined {
  const inner = quickFor(type.ofType, selectionOf);
  return (
    inner &&
    ((value) => {
      if (value == null) return null;
      if (!Array.isArray(value)) return undefined;
      const completed = new Array<unknown>(value.length);
      for (let index = 0; index < completed.length; index++) {
        const item = inner(value[index]);
        if (item === undefined) return undefined;
        completed[index] = item;
      }
      return completed;
    })
  );
}

function quickObject(type: GraphQLObjectType, selectionOf: SelectionOf): Quick | undefined {
  if (type.isTypeOf) return undefined;
  const selection = selectionOf(type);
  if (selection.resolved.length > 0) return undefined;
  return (value) => (value == null ? null : selection.shape(value));
}
