// What graphql-ws asks about a socket: who is behind it, what it may subscribe to, and how failures are told.
// Queries and mutations are refused here: they have HTTP, and graphql-ws would run them past its limits.
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type Context, makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { bearerToken } from '../auth/authenticate.js';
import type { Origin, Viewer } from '../auth/viewer.js';
import { Failure, toFailure } from '../shared/errors.js';
import { isOutsized } from './execution/variables.js';
import type { PreparedSubscription } from './shared-execution.js';
import { closeCodes, maxOperationIdLength } from './ws-limits.js';
import type { SocketSession } from './ws-session.js';
import { Stream, type StreamPorts } from './ws-stream.js';

export interface SubscriptionRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/** Parsed, validated, within the limits, and a subscription; or what is wrong with it. */
export type Prepared = { readonly errors: readonly GraphQLError[] } | { readonly operation: PreparedSubscription };

export interface ProtocolOptions {
  readonly initTimeout: number;
  readonly operations: number;
  readonly streams: StreamPorts;
  authenticate(token: string | undefined, origin: Origin): Promise<Viewer>;
  /** False: there is no room for another socket of this person. */
  recognise(session: SocketSession, viewer: Viewer): boolean;
  /** Counts a document as a request is counted, before anything is read of it; throws RATE_LIMITED. */
  admit(viewer: Viewer, length: number): Promise<void>;
  prepare(request: SubscriptionRequest, viewer: Viewer): Promise<Prepared> | Prepared;
  format(errors: readonly GraphQLError[], origin: Origin): readonly GraphQLFormattedError[];
}

type SessionContext = Context<Record<string, unknown> | undefined, SocketSession>;

interface Opening {
  readonly session: SocketSession;
  readonly id: string;
  readonly operation: PreparedSubscription;
}

export function createProtocol(options: ProtocolOptions): Server<SocketSession> {
  const { streams: ports } = options;
  return makeServer<Record<string, unknown> | undefined, SocketSession>({
    connectionInitWaitTimeout: options.initTimeout,
    onConnect: ({ extra, connectionParams }) => connect(options, extra, connectionParams),
    onSubscribe: (context, id, payload) => prepare(options, context, { id, payload }),
    subscribe: ({ contextValue }) => {
      const { session, id, operation } = contextValue as Opening;
      return new Stream({ socket: session, id, operation, ports });
    },
    execute: () => ({ errors: [subscriptionsOnly()] }),
    onError: ({ extra }, ...[, , errors]) => options.format(errors.map(unwrapped), extra.viewer.origin),
  });
}

export const subscriptionsOnly = (): GraphQLError =>
  refusal(new Failure('BAD_USER_INPUT', 'Only subscriptions run over WebSockets; send queries and mutations by HTTP.'));

async function connect(
  options: ProtocolOptions,
  session: SocketSession,
  params: Record<string, unknown> | undefined,
): Promise<boolean> {
  try {
    const viewer = await options.authenticate(tokenOf(params), session.viewer.origin);
    if (session.ended) return false;
    if (options.recognise(session, viewer)) return true;
    session.end(closeCodes.tooMany, 'Too many sockets');
  } catch (error) {
    const { code, message } = toFailure(error);
    if (code === 'INTERNAL') throw error;
    if (code === 'UNAVAILABLE') session.end(closeCodes.tryAgainLater, 'Try again later');
    else if (code === 'RATE_LIMITED') session.end(closeCodes.tooMany, 'Too many requests');
    else session.end(closeCodes.forbidden, message);
  }
  return false;
}

/** Whether graphql-ws may be given it: it throws at what only servers say, and at an answer to a ping that it can't write. */
export function isReadable(text: string): boolean {
  try {
    const message: { type?: unknown; payload?: unknown } | null = JSON.parse(text);
    return clientMessages.has(message?.type) && (message?.type !== 'ping' || !isOutsized(message.payload));
  } catch {
    return false;
  }
}

const clientMessages: ReadonlySet<unknown> = new Set(['connection_init', 'ping', 'pong', 'subscribe', 'complete']);

/** An empty value is what applications send when nobody is signed in; anything else has to be a token. */
function tokenOf(params: Record<string, unknown> | undefined): string | undefined {
  const given = params?.Authorization ?? params?.authorization ?? params?.token;
  if (given === undefined || given === null || given === '') return undefined;
  if (typeof given !== 'string') throw new Failure('UNAUTHENTICATED', 'The token has to be text.');
  return bearerToken(given) || given.trim();
}

async function prepare(
  options: ProtocolOptions,
  context: SessionContext,
  { id, payload }: { id: string; payload: SubscribePayload },
) {
  const { extra: session, subscriptions } = context;
  // Looked at when the message arrives: later ones reserve their places while this one waits for the limit.
  const isTooMany = Object.keys(subscriptions).length > options.operations;
  const refused = await refusedByLimit(options, session, payload.query.length);
  if (refused) return [refusal(refused)];
  if (id.length > maxOperationIdLength) return [refusal(badId)];
  if (isTooMany) return [refusal(tooManyOperations(options.operations))];
  try {
    const request = {
      query: payload.query,
      operationName: payload.operationName ?? undefined,
      variables: payload.variables ?? undefined,
    };
    const prepared = await options.prepare(request, session.viewer);
    if ('errors' in prepared) return prepared.errors;
    const { operation } = prepared;
    const opening: Opening = { session, id, operation };
    return { ...operation.args, contextValue: opening };
  } catch (error) {
    return [error instanceof GraphQLError ? error : refusal(toFailure(error))];
  }
}

/** The operation is told, and the socket lives; a peer that goes on regardless is not listened to any longer. */
async function refusedByLimit(
  { admit }: ProtocolOptions,
  session: SocketSession,
  length: number,
): Promise<Failure | undefined> {
  try {
    await admit(session.viewer, length);
    session.admitted();
    return undefined;
  } catch (error) {
    session.refused();
    return toFailure(error);
  }
}

/** graphql-ws wraps what a stream ends with once more, and its path with it. */
const unwrapped = (error: GraphQLError): GraphQLError =>
  error.originalError instanceof GraphQLError ? error.originalError : error;

const badId = new Failure('BAD_USER_INPUT', `The id of an operation has at most ${maxOperationIdLength} characters.`);

const tooManyOperations = (operations: number): Failure =>
  new Failure('RATE_LIMITED', `One socket has at most ${operations} operations; complete one first.`);

const refusal = (failure: Failure): GraphQLError => new GraphQLError(failure.message, { originalError: failure });
