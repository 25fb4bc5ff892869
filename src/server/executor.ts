// What execute() of graphql-js does, for every door: the same answers, from plans that are made once for each operation
// of a cached document (docs/decisions/0003-execution.md). Knows no transport; `refuse` has the last word before a run.
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { malformedInput } from '../shared/well-formed.js';
import { OperationPlan } from './execution/plan.js';
import { Run } from './execution/run.js';
import { variablesOf } from './execution/variables.js';

export interface ExecutorOptions {
  readonly schema: GraphQLSchema;
  /** Leaves "Did you mean" out of what is said about variables. */
  readonly hideSuggestions: boolean;
  /** Why this operation may not run, or nothing. Its variables are known to be good. */
  readonly refuse?: (args: OperationArgs) => GraphQLError | undefined;
}

export type OperationArgs = Pick<
  ExecutionArgs,
  'document' | 'operationName' | 'variableValues' | 'contextValue' | 'rootValue'
>;
export type Executor = (args: OperationArgs) => ExecutionResult | Promise<ExecutionResult>;

export function createExecutor({ schema, hideSuggestions, refuse }: ExecutorOptions): Executor {
  const plans = new WeakMap<OperationDefinitionNode, OperationPlan>();
  const planFor = (document: DocumentNode, operation: OperationDefinitionNode): OperationPlan => {
    const plan = plans.get(operation) ?? new OperationPlan(schema, document, operation);
    plans.set(operation, plan);
    return plan;
  };
  return (args) => {
    const operation = operationOf(args.document, args.operationName);
    if (operation instanceof GraphQLError) return { errors: [operation] };
    const given = args.variableValues ?? {};
    const { coerced, errors } = variablesOf({ schema, operation, given, hideSuggestions });
    if (errors) return { errors };
    const malformed = malformedInput(given);
    if (malformed) return { errors: [new GraphQLError(malformed.message, { originalError: malformed })] };
    const refusal = refuse?.(args);
    if (refusal) return { errors: [refusal] };
    const plan = planFor(args.document, operation);
    return new Run({ plan, rootValue: args.rootValue, context: args.contextValue, variables: coerced }).execute();
  };
}

function operationOf(
  { definitions }: DocumentNode,
  name: string | null | undefined,
): OperationDefinitionNode | GraphQLError {
  const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const [operation, ...others] = name == null ? operations : operations.filter((one) => one.name?.value === name);
  if (name == null && others.length > 0)
    return new GraphQLError('Must provide operation name if query contains multiple operations.');
  return (
    others.at(-1) ??
    operation ??
    new GraphQLError(name == null ? 'Must provide an operation.' : `Unknown operation named "${name}".`)
  );
}
