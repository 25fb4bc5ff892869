// From what a socket asks for to a subscription that can be opened once and executed for each event: the document passed
// the same checks as over HTTP, its variables are good, and it is a subscription. Knows no socket.
import {
  createSourceEventStream,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { collectFields } from 'graphql/execution/collectFields.js';
import type { Viewer } from '../auth/viewer.js';
import { sha256 } from '../shared/crypto.js';
import { malformedInput } from '../shared/well-formed.js';
import type { Engine } from './engine.js';
import { variablesOf } from './execution/variables.js';
import { type Prepared, type SubscriptionRequest, subscriptionsOnly } from './ws-protocol.js';

/** As much of the engine as a subscription needs. */
export type SubscriptionEngine = Pick<Engine, 'schema' | 'read' | 'refuse' | 'execute' | 'hideSuggestions'>;

export function prepareSubscription(
  engine: SubscriptionEngine,
  request: SubscriptionRequest,
  viewer: Viewer,
): Prepared {
  const document = engine.read(request.query);
  return 'kind' in document ? prepare({ engine, request, viewer, document }) : { errors: document };
}

interface Preparing {
  readonly engine: SubscriptionEngine;
  readonly request: SubscriptionRequest;
  readonly viewer: Viewer;
  readonly document: DocumentNode;
}

function prepare({ engine, request, viewer, document }: Preparing): Prepared {
  const { schema, hideSuggestions } = engine;
  const { query, operationName, variables: given = {} } = request;
  const operation = getOperationAST(document, operationName);
  if (!operation) return refused('The document has no operation of that name, or several and no name was given.');
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return { errors: [subscriptionsOnly()] };
  const { coerced, errors } = variablesOf({ schema, operation, given, hideSuggestions });
  if (errors) return { errors };
  const malformed = malformedInput(given);
  if (malformed) return { errors: [new GraphQLError(malformed.message, { originalError: malformed })] };
  const asked = { document, operationName: operationName ?? null, variableValues: given };
  const refusal = engine.refuse({ ...asked, contextValue: { viewer } });
  if (refusal) return { errors: [refusal] };
  const field = rootFieldOf({ schema, document, operation, variables: coerced });
  if (field === undefined) return refused('Nothing is left of the subscription: its field is skipped.');
  const args = { ...asked, schema };
  return {
    operation: {
      field,
      key: sha256(JSON.stringify([query, operationName, given])).toString('base64'),
      args,
      open: (contextValue) => createSourceEventStream({ ...args, contextValue }),
      execute: (rootValue, contextValue) => engine.execute({ ...asked, rootValue, contextValue }),
    },
  };
}

const refused = (message: string): Prepared => ({ errors: [new GraphQLError(message)] });

interface RootFieldOf {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Record<string, unknown>;
}

/** Validation has seen to it that there is one at most, behind whatever fragments. */
function rootFieldOf({ schema, document, operation, variables }: RootFieldOf): string | undefined {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  const rootType = schema.getSubscriptionType();
  if (!rootType) return undefined;
  const [nodes] = collectFields(schema, fragments, variables, rootType, operation.selectionSet).values();
  return nodes?.[0]?.name.value;
}
