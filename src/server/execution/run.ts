// Executes a planned operation as section 6 of the GraphQL specification words it, and as graphql-js 16 does: the same
// data, the same errors with the same paths, in the same order. The difference is what it does not do again each time.
import {
  defaultFieldResolver,
  defaultTypeResolver,
  type ExecutionResult,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLList,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getArgumentValues,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  locatedError,
  OperationTypeNode,
} from 'graphql';
import { inspect } from 'graphql/jsutils/inspect.js';
import { addPath, type Path, pathToArray } from 'graphql/jsutils/Path.js';
import { concreteType } from './concrete-type.js';
import type { FieldPlan, OperationPlan, SelectionPlan, Variables } from './plan.js';

type Results = Record<string, unknown>;

export interface RunOptions {
  readonly plan: OperationPlan;
  readonly rootValue: unknown;
  readonly context: unknown;
  readonly variables: Variables;
}

/** One run of one operation. */
export class Run {
  readonly #errors: GraphQLError[] = [];
  /** Where null was put because of an error: what fails below such a place later on is not told. */
  readonly #nulled = new Set<Path | undefined>();

  constructor(private readonly options: RunOptions) {}

  execute(): MaybePromise<ExecutionResult> {
    try {
      const data = this.#root();
      if (!isPromise(data)) return this.#response(data);
      return data.then(
        (settled) => this.#response(settled),
        (error: GraphQLError) => this.#nothing(error),
      );
    } catch (error) {
      return this.#nothing(error as GraphQLError);
    }
  }

  #root(): MaybePromise<Results> {
    const { plan, rootValue, variables } = this.options;
    const { schema, operation } = plan;
    const rootType = schema.getRootType(operation.operation);
    if (!rootType)
      throw new GraphQLError(`Schema is not configured to execute ${operation.operation} operation.`, {
        nodes: operation,
      });
    const { fields } = plan.selection(rootType, variables);
    const results: Results = Object.create(null);
    if (operation.operation === OperationTypeNode.MUTATION) return this.#inTurn(fields, rootValue, results);
    return this.#fields(fields, { source: rootValue, path: undefined, results });
  }

  #response(data: Results | null): ExecutionResult {
    return this.#errors.length > 0 ? { errors: this.#errors, data } : { data };
  }

  #nothing(error: GraphQLError): ExecutionResult {
    this.#tell(error, undefined);
    return this.#response(null);
  }

  #tell(error: GraphQLError, path: Path | undefined): void {
    if (this.#nulled.has(undefined)) return;
    for (let place = path; place !== undefined; place = place.prev) if (this.#nulled.has(place)) return;
    this.#nulled.add(path);
    this.#errors.push(error);
  }

  /** Mutations: each field begins when the one before it has ended. */
  #inTurn(fields: readonly FieldPlan[], source: unknown, results: Results): MaybePromise<Results> {
    for (const [index, field] of fields.entries()) {
      const result = this.#field(field, source, undefined);
      if (isPromise(result)) {
        return result.then((value) => {
          results[field.key] = value;
          return this.#inTurn(fields.slice(index + 1), source, results);
        });
      }
      results[field.key] = result;
    }
    return results;
  }

  #fields(fields: readonly FieldPlan[], { source, path, results }: Place): MaybePromise<Results> {
    let isPending = false;
    try {
      for (const field of fields) {
        const result = this.#field(field, source, path);
        results[field.key] = result;
        if (isPromise(result)) isPending = true;
      }
    } catch (error) {
      if (!isPending) throw error;
      // The others may reject too, and somebody has to be there.
      return settle(fields, results).finally(() => {
        throw error;
      });
    }
    return isPending ? settle(fields, results) : results;
  }

  #field(field: FieldPlan, source: unknown, parent: Path | undefined): unknown {
    const { definition } = field;
    const path = addPath(parent, field.key, field.parentType.name);
    const place = { field, path, info: this.#info(field, path) };
    try {
      const resolve = definition.resolve ?? defaultFieldResolver;
      const result = resolve(source, this.#arguments(field), this.options.context, place.info);
      const completed = isPromise(result)
        ? result.then((value) => this.#value(place, value))
        : this.#value(place, result);
      if (!isPromise(completed)) return completed;
      return completed.then(undefined, (error: unknown) => this.#failed(definition.type, place, error));
    } catch (error) {
      return this.#failed(definition.type, place, error);
    }
  }

  #value(place: Completion, value: unknown): unknown {
    return place.field.quick?.(value) ?? this.#complete(place.field.definition.type, place, value);
  }

  #arguments({ definition, nodes: [node] }: FieldPlan): Record<string, unknown> {
    if (definition.args.length === 0 || !node) return {};
    return getArgumentValues(definition, node, this.options.variables);
  }

  #info({ definition, nodes, parentType }: FieldPlan, path: Path): GraphQLResolveInfo {
    const { plan, rootValue, variables } = this.options;
    return {
      fieldName: definition.name,
      fieldNodes: nodes,
      returnType: definition.type,
      parentType,
      path,
      schema: plan.schema,
      fragments: plan.fragments,
      rootValue,
      operation: plan.operation,
      variableValues: variables as Record<string, unknown>,
    };
  }

  /** Where null is allowed the error ends here; where not, it goes on to the parent. */
  #failed(type: GraphQLOutputType, { field, path }: Completion, raw: unknown): null {
    const error = locatedError(raw, [...field.nodes], pathToArray(path));
    if (isNonNullType(type)) throw error;
    this.#tell(error, path);
    return null;
  }

  #complete(type: GraphQLOutputType, place: Completion, value: unknown): unknown {
    if (value instanceof Error) throw value;
    if (isNonNullType(type)) {
      const completed = this.#complete(type.ofType, place, value);
      if (completed !== null) return completed;
      const { parentType, fieldName } = place.info;
      throw new Error(`Cannot return null for non-nullable field ${parentType.name}.${fieldName}.`);
    }
    if (value == null) return null;
    if (isListType(type)) return this.#list(type, place, value);
    if (isLeafType(type)) return leaf(type, value);
    if (isObjectType(type)) return this.#object(type, place, value);
    return this.#abstract(type, place, value);
  }

  #list({ ofType }: GraphQLList<GraphQLOutputType>, place: Completion, value: unknown): MaybePromise<unknown[]> {
    if (!isIterable(value)) {
      const { parentType, fieldName } = place.info;
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${parentType.name}.${fieldName}".`);
    }
    const pending: Promise<unknown>[] = [];
    try {
      const completed = Array.from(value, (item, index) => {
        const result = this.#item(ofType, { ...place, path: addPath(place.path, index, undefined) }, item);
        if (isPromise(result)) pending.push(result);
        return result;
      });
      return pending.length > 0 ? Promise.all(completed) : completed;
    } catch (error) {
      // The others may reject too, and a rejection that nobody hears ends the process.
      void Promise.allSettled(pending);
      throw error;
    }
  }

  #item(type: GraphQLOutputType, place: Completion, item: unknown): unknown {
    try {
      const completed = isPromise(item)
        ? item.then((value) => this.#complete(type, place, value))
        : this.#complete(type, place, item);
      if (!isPromise(completed)) return completed;
      return completed.then(undefined, (error: unknown) => this.#failed(type, place, error));
    } catch (error) {
      return this.#failed(type, place, error);
    }
  }

  #abstract(type: GraphQLAbstractType, place: Completion, value: unknown): unknown {
    const { schema } = this.options.plan;
    const resolveType = type.resolveType ?? defaultTypeResolver;
    const found = resolveType(value, this.options.context, place.info, type);
    const complete = (name: unknown): unknown => {
      const concrete = concreteType({ schema, type, name, value, info: place.info });
      return this.#object(concrete, place, value);
    };
    return isPromise(found) ? found.then(complete) : complete(found);
  }

  #object(type: GraphQLObjectType, place: Completion, value: unknown): unknown {
    const selection = place.field.selectionOf(type);
    if (!type.isTypeOf) return this.#selection(selection, place.path, value);
    const proceed = (isOne: boolean): unknown => {
      if (isOne) return this.#selection(selection, place.path, value);
      throw new GraphQLError(`Expected value of type "${type.name}" but got: ${inspect(value)}.`, {
        nodes: [...place.field.nodes],
      });
    };
    const isOne = type.isTypeOf(value, this.options.context, place.info);
    return isPromise(isOne) ? isOne.then(proceed) : proceed(isOne);
  }

  #selection(selection: SelectionPlan, path: Path, source: unknown): unknown {
    const results = selection.shape(source) as Results | undefined;
    if (!results) return this.#fields(selection.fields, { source, path, results: Object.create(null) });
    return selection.resolved.length === 0 ? results : this.#fields(selection.resolved, { source, path, results });
  }
}

type MaybePromise<T> = T | Promise<T>;

interface Place {
  readonly source: unknown;
  readonly path: Path | undefined;
  readonly results: Results;
}

interface Completion {
  readonly field: FieldPlan;
  readonly path: Path;
  readonly info: GraphQLResolveInfo;
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  value != null && typeof (value as PromiseLike<unknown>).then === 'function';

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  Symbol.iterator in value &&
  typeof value[Symbol.iterator] === 'function';

function leaf(type: GraphQLLeafType, value: unknown): unknown {
  const serialized = type.serialize(value);
  if (serialized != null) return serialized;
  throw new Error(
    `Expected \`${inspect(type)}.serialize(${inspect(value)})\` to return non-nullable value, returned: ${inspect(serialized)}`,
  );
}

async function settle(fields: readonly FieldPlan[], results: Results): Promise<Results> {
  const values = await Promise.all(fields.map(({ key }) => results[key]));
  fields.forEach(({ key }, index) => {
    results[key] = values[index];
  });
  return results;
}
