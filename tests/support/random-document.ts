// Valid documents out of a schema, with aliases, fragments, conditions and merged selections; drawn by fast-check.
import fc from 'fast-check';
import { type GraphQLCompositeType, type GraphQLSchema, getNamedType, isCompositeType, isUnionType } from 'graphql';

const depthLimit = 4;

/** Operations without arguments; $yes and $no are the variables of their conditions. */
export function randomDocuments(schema: GraphQLSchema): fc.Arbitrary<string> {
  const root = schema.getQueryType();
  if (!root) throw new Error('no Query');
  const selection = selectionSets(schema);
  const operation = fc.constantFrom('query', 'mutation');
  const fragments = fc.record({ Leaf: selection('Leaf', 3), Branch: selection('Branch', 3) });
  return fc.tuple(operation, selection(root.name, 0), fragments).map(([kind, body, { Leaf, Branch }]) => {
    const all = kind === 'mutation' ? body.replaceAll('... on Query', '... on Mutation') : body;
    const used = {
      LeafParts: `fragment LeafParts on Leaf ${Leaf}`,
      BranchParts: `fragment BranchParts on Branch ${Branch}`,
    };
    const without = (text: string): string => text.replaceAll(/\.\.\.(LeafParts|BranchParts)/g, '__typename');
    return `${kind}($yes: Boolean!, $no: Boolean = false) ${all}\n${without(used.LeafParts)}\n${without(used.BranchParts)}`;
  });
}

function selectionSets(schema: GraphQLSchema): (typeName: string, depth: number) => fc.Arbitrary<string> {
  const known = new Map<string, fc.Arbitrary<string>>();
  const selection = (typeName: string, depth: number): fc.Arbitrary<string> => {
    const key = `${typeName} ${depth}`;
    const found = known.get(key);
    if (found) return found;
    const made = fc
      .array(one(schema.getType(typeName) as GraphQLCompositeType, depth), { minLength: 1, maxLength: 5 })
      .map((parts) => `{ ${parts.join(' ')} }`);
    known.set(key, made);
    return made;
  };
  const one = (type: GraphQLCompositeType, depth: number): fc.Arbitrary<string> => {
    const fields = isUnionType(type) ? [] : Object.values(type.getFields());
    const plain = fields.filter((field) => depth < depthLimit || !isCompositeType(getNamedType(field.type)));
    const choices = plain.map((field) => {
      const inner = getNamedType(field.type);
      const body = isCompositeType(inner)
        ? fc.constant(null).chain(() => selection(inner.name, depth + 1))
        : fc.constant('');
      return fc.tuple(condition, body).map(([when, text]) => `${field.name}${when} ${text}`);
    });
    const narrower =
      'getInterfaces' in type && !('resolveType' in type)
        ? [type.name]
        : schema.getPossibleTypes(type as never).map(({ name }) => name);
    const inline = fc
      .constantFrom(...narrower)
      .chain((name) =>
        (depth < depthLimit ? selection(name, depth + 1) : fc.constant('{ __typename }')).map(
          (text) => `... on ${name} ${text}`,
        ),
      );
    const spread = narrower
      .filter((name) => name === 'Leaf' || name === 'Branch')
      .map((name) => condition.map((when) => `...${name}Parts${when}`));
    return fc.oneof(...choices, fc.constant('__typename'), fc.constant('__proto__: __typename'), inline, ...spread);
  };
  return selection;
}

const condition = fc.constantFrom(
  '',
  '',
  '',
  '',
  ' @include(if: $yes)',
  ' @skip(if: $yes)',
  ' @skip(if: $no)',
  ' @include(if: true)',
  ' @skip(if: $no) @include(if: $yes)',
);
