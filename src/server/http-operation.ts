// One query or mutation of an HTTP request: executed by the engine, its errors in the contract's words, our own in the log.
import { type ExecutionResult, GraphQLError, getOperationAST, OperationTypeNode } from 'graphql';
import { presentError } from '../schema/format-error.js';
import { logLevelOf } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { Asking, Engine } from './engine.js';
import type { OperationArgs } from './executor.js';
import type { Metrics } from './metrics.js';
import type { Tracing } from './telemetry.js';

export interface HttpOperation extends Omit<OperationArgs, 'contextValue' | 'rootValue'> {
  readonly contextValue: Asking;
}

export type RunOperation = (operation: HttpOperation) => Promise<ExecutionResult>;

export interface Watchers {
  readonly log: Logger;
  readonly metrics?: Pick<Metrics, 'graphqlOperation'> | undefined;
  readonly tracing?: Pick<Tracing, 'span'> | undefined;
}

export function operationRunner({ execute }: Engine, { log, metrics, tracing }: Watchers): RunOperation {
  return async (operation) => {
    const { document, operationName, contextValue } = operation;
    const kind = getOperationAST(document, operationName)?.operation;
    if (kind === OperationTypeNode.SUBSCRIPTION) return { errors: [overWebSockets()] };
    const begun = performance.now();
    const name = { 'graphql.operation.type': kind ?? 'unknown' };
    const result = await (tracing ? tracing.span('graphql', name, () => execute(operation)) : execute(operation));
    if (kind) metrics?.graphqlOperation(kind, result.errors ? 'failed' : 'ok', (performance.now() - begun) / 1_000);
    const { requestId } = contextValue.viewer.origin;
    const errors = result.errors?.map((error) => {
      const presented = presentError(error, requestId);
      const level = logLevelOf(presented.extensions.code);
      if (level !== 'debug')
        log[level]({ err: error.originalError ?? error, requestId, path: error.path?.join('.') }, 'resolver failed');
      return presented;
    });
    return errors ? { ...result, errors } : result;
  };
}

const overWebSockets = (): GraphQLError =>
  new GraphQLError('Subscriptions run over WebSockets at this address; the subprotocol is graphql-transport-ws.', {
    extensions: { code: 'BAD_USER_INPUT' },
  });
