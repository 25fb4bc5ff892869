// What a document asks for, worked out once: which fields of which types, under which keys, and which of them are mere
// properties. Knows the schema and the document; of the variables only those that decide @skip and @include.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getNamedType,
  isLeafType,
  Kind,
  type OperationDefinitionNode,
  TypeNameMetaFieldDef,
  visit,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { getFieldDef } from 'graphql/execution/execute.js';
import { compileShape, type Quick, quickFor, type Readable, type Shaped } from './shape.js';

export interface FieldPlan extends Readable {
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  /** What is selected of an object that this field leads to. */
  readonly selectionOf: (type: GraphQLObjectType) => SelectionPlan;
}

export type Variables = Readonly<Record<string, unknown>>;

export class SelectionPlan implements Shaped {
  /** The fields that the shape leaves out, because something resolves them. */
  readonly resolved: readonly FieldPlan[];
  #shape: Quick | undefined;

  constructor(
    private readonly type: GraphQLObjectType,
    readonly fields: readonly FieldPlan[],
  ) {
    this.resolved = fields.filter(({ quick, isProperty }) => !quick || !isProperty);
  }

  /** Reads all mere properties of an object at once; compiled when the first object comes by. */
  get shape(): Quick {
    this.#shape ??= compileShape(this.type, this.fields);
    return this.#shape;
  }
}

/** @include and @skip of n variables make 2^n selections of one operation. */
const maxSelections = 16;

export class OperationPlan {
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly #conditions: readonly string[];
  readonly #selections = new Map<string, SelectionPlan>();

  constructor(
    readonly schema: GraphQLSchema,
    document: DocumentNode,
    readonly operation: OperationDefinitionNode,
  ) {
    this.fragments = fragmentsOf(document);
    this.#conditions = conditionsOf(document);
  }

  selection(rootType: GraphQLObjectType, variables: Variables): SelectionPlan {
    const key = this.#conditions.map((name) => variables[name]).join();
    const known = this.#selections.get(key);
    if (known) return known;
    const conditions = this.#conditions.filter((name) => Object.hasOwn(variables, name));
    const planner = new Planner(this, Object.fromEntries(conditions.map((name) => [name, variables[name]])));
    const selection = planner.root(rootType);
    if (this.#selections.size >= maxSelections) this.#selections.clear();
    this.#selections.set(key, selection);
    return selection;
  }
}

function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}

class Planner {
  constructor(
    private readonly plan: OperationPlan,
    private readonly variables: Record<string, unknown>,
  ) {}

  root(type: GraphQLObjectType): SelectionPlan {
    const { schema, fragments, operation } = this.plan;
    return this.#selection(type, collectFields(schema, fragments, this.variables, type, operation.selectionSet));
  }

  #selection(type: GraphQLObjectType, collected: ReadonlyMap<string, readonly FieldNode[]>): SelectionPlan {
    const fields: FieldPlan[] = [];
    for (const [key, nodes] of collected) {
      const [node] = nodes;
      const definition = node && getFieldDef(this.plan.schema, type, node);
      if (definition) fields.push(this.#field({ key, nodes, parentType: type, definition }));
    }
    return new SelectionPlan(type, fields);
  }

  #field(field: Pick<FieldPlan, 'key' | 'nodes' | 'parentType' | 'definition'>): FieldPlan {
    const { definition, nodes } = field;
    const selectionOf = isLeafType(getNamedType(definition.type)) ? ofLeaf : this.#below(nodes);
    const isProperty = !definition.resolve || definition === TypeNameMetaFieldDef;
    return { ...field, selectionOf, isProperty, quick: quickOrNone(definition.type, selectionOf) };
  }

  #below(nodes: readonly FieldNode[]): FieldPlan['selectionOf'] {
    const { schema, fragments } = this.plan;
    const selections = new Map<GraphQLObjectType, SelectionPlan>();
    return (type) => {
      const known = selections.get(type);
      if (known) return known;
      const selection = this.#selection(type, collectSubfields(schema, fragments, this.variables, type, [...nodes]));
      selections.set(type, selection);
      return selection;
    };
  }
}

const ofLeaf = (type: GraphQLObjectType): never => {
  throw new Error(`a leaf leads to no ${type.name}`);
};

function quickOrNone(...field: Parameters<typeof quickFor>): Quick | undefined {
  try {
    return quickFor(...field);
  } catch {
    // A condition below that is null: run.ts comes to it again where its error belongs.
    return undefined;
  }
}

/** The variables under @skip and @include, anywhere in the document. */
function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given }) {
      if (name.value !== GraphQLSkipDirective.name && name.value !== GraphQLIncludeDirective.name) return;
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names].sort();
}
