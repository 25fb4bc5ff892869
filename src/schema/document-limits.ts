// How large a document may be, whatever it asks for: counted before anything runs, as validation rules that HTTP and
// WebSockets share. What it costs with its variables is complexity.ts.
import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

/** Characters: 450 tokens with all that explains them. Long texts and lists are given as variables. */
export const documentLimits = { characters: 65_536, tokens: 450, aliases: 15, directives: 8 } as const;

/** A guess each: one document is to be one attempt, or the limits on attempts would count documents. */
export const onceADocument: ReadonlySet<string> = new Set([
  'Mutation.signIn',
  'Mutation.refreshSession',
  'Mutation.signOut',
  'Mutation.changePassword',
  'Mutation.resetPassword',
  'Mutation.createUser',
  'Mutation.createApiToken',
]);

export function documentRules(maxDepth: number, once: ReadonlySet<string> = onceADocument): ValidationRule[] {
  return [depthRule(maxDepth), countRule, onceRule(once)];
}

export const tooMuch = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'QUERY_TOO_COMPLEX' } });

export function lengthRefusal({ length }: string): GraphQLError | undefined {
  const { characters } = documentLimits;
  if (length <= characters) return undefined;
  return tooMuch(`The document has ${length} characters; ${characters} are allowed.`);
}

const depthRule =
  (maxDepth: number): ValidationRule =>
  (context) => ({
    OperationDefinition({ selectionSet }) {
      const depth = depthOf(selectionSet, { context, fragments: new Map() });
      if (depth > maxDepth) context.reportError(tooMuch(`The query has ${depth} levels; ${maxDepth} are allowed.`));
      return false;
    },
  });

interface Walk {
  readonly context: ValidationContext;
  /** Depths that are known; 0 while one is being found, so that a cycle ends. */
  readonly fragments: Map<FragmentDefinitionNode, number>;
}

/** Introspection has a limit of its own (MaxIntrospectionDepthRule of graphql-js) and more levels than data ever has. */
function depthOf({ selections }: SelectionSetNode, walk: Walk): number {
  let deepest = 0;
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      deepest = Math.max(deepest, fragmentDepth(walk.context.getFragment(selection.name.value), walk));
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      deepest = Math.max(deepest, depthOf(selection.selectionSet, walk));
    } else {
      const inner =
        selection.selectionSet && !selection.name.value.startsWith('__') ? depthOf(selection.selectionSet, walk) : 0;
      deepest = Math.max(deepest, 1 + inner);
    }
  }
  return deepest;
}

function fragmentDepth(fragment: FragmentDefinitionNode | null | undefined, walk: Walk): number {
  if (!fragment) return 0;
  const known = walk.fragments.get(fragment);
  if (known !== undefined) return known;
  walk.fragments.set(fragment, 0);
  const depth = depthOf(fragment.selectionSet, walk);
  walk.fragments.set(fragment, depth);
  return depth;
}

const countRule: ValidationRule = (context): ASTVisitor => {
  const counts = { aliases: 0, directives: 0 };
  return {
    Field({ alias }) {
      if (alias) counts.aliases++;
    },
    Directive() {
      counts.directives++;
    },
    Document: {
      leave() {
        for (const kind of ['aliases', 'directives'] as const) {
          const allowed = documentLimits[kind];
          if (counts[kind] > allowed)
            context.reportError(tooMuch(`The document has ${counts[kind]} ${kind}; ${allowed} are allowed.`));
        }
      },
    },
  };
};

const onceRule =
  (once: ReadonlySet<string>): ValidationRule =>
  (context) => {
    const seen = new Set<string>();
    return {
      Field({ name }) {
        const coordinate = `${context.getParentType()?.name}.${name.value}`;
        if (!once.has(coordinate)) return;
        if (seen.has(coordinate)) context.reportError(tooMuch(`${name.value} may stand in a document once.`));
        seen.add(coordinate);
      },
    };
  };
