// Answers to events, made once for everybody who asked the same and may see the same. What a viewer sees may depend on
// who that is, so an answer is shared within one audience only.
import { randomUUID } from 'node:crypto';
import type { ExecutionArgs, ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import { isSignedIn, type Origin, type Viewer } from '../auth/viewer.js';

/** A subscription that passed every check, ready to be opened, and to be executed for each of its events. */
export interface PreparedSubscription {
  /** Name of its root field. */
  readonly field: string;
  /** Equal for equal text, operation and variables, and for nothing else. */
  readonly key: string;
  readonly args: ExecutionArgs;
  open(context: object): Promise<AsyncIterable<unknown> | ExecutionResult> | AsyncIterable<unknown> | ExecutionResult;
  execute(event: unknown, context: object): Promise<ExecutionResult> | ExecutionResult;
}

export interface ExecutionPorts {
  /** A unit of work of its own, for as long as the signal says. */
  contextFor(viewer: Viewer, signal: AbortSignal): object;
  format(errors: readonly GraphQLError[], origin: Origin): readonly GraphQLFormattedError[];
  /** Root fields whose answers depend on role and scopes, and on nothing else about the viewer. */
  readonly equalForEqualRights: ReadonlySet<string>;
}

const believedForMs = 1_000;
const executionMs = 10_000;

type Payload = string | Promise<string>;

export class SharedExecutions {
  readonly #running = new Map<string, SharedExecution>();

  constructor(private readonly ports: ExecutionPorts) {}

  get size(): number {
    return this.#running.size;
  }

  join(operation: PreparedSubscription, viewer: Viewer): SharedExecution {
    const key = `${this.#audience(operation.field, viewer)} ${operation.key}`;
    let execution = this.#running.get(key);
    if (!execution) {
      execution = new SharedExecution(operation, this.ports, () => this.#running.delete(key));
      this.#running.set(key, execution);
    }
    execution.members += 1;
    return execution;
  }

  #audience(field: string, viewer: Viewer): string {
    const { origin, identity } = viewer;
    const from = `${origin.door} ${origin.loopback}`;
    if (!isSignedIn(viewer)) return `${from} ${identity.kind}`;
    const { role, scopes, mustChangePassword, personId } = viewer.identity;
    const rights = `${from} ${role} ${scopes ? [...scopes].sort().join() : 'all'} ${mustChangePassword}`;
    return this.ports.equalForEqualRights.has(field) ? rights : `${rights} ${personId}`;
  }
}

export class SharedExecution {
  members = 0;
  /** By the event itself: hubs hand the same object to each of their subscribers. */
  #payloads = new WeakMap<object, Payload>();
  #since = 0;

  constructor(
    private readonly operation: PreparedSubscription,
    private readonly ports: ExecutionPorts,
    private readonly onEmpty: () => void,
  ) {}

  leave(): void {
    this.members -= 1;
    if (this.members === 0) this.onEmpty();
  }

  /** The JSON of a `next` message's payload; at once where no resolver had to wait. */
  payloadOf(event: unknown, viewer: Viewer): Payload {
    if (typeof event !== 'object' || event === null) return this.#execute(event, viewer);
    this.#forgetOld();
    const known = this.#payloads.get(event);
    if (known !== undefined) return known;
    const payload = this.#execute(event, viewer);
    this.#payloads.set(event, payload);
    if (typeof payload !== 'string') this.#keepSettled(event, payload);
    return payload;
  }

  /** What an event leads to may change after it; who comes later is to be told what is there then. */
  #forgetOld(): void {
    const now = performance.now();
    if (now - this.#since < believedForMs) return;
    this.#since = now;
    this.#payloads = new WeakMap();
  }

  #execute(event: unknown, viewer: Viewer): Payload {
    const origin = { ...viewer.origin, requestId: randomUUID() };
    const context = this.ports.contextFor({ ...viewer, origin }, AbortSignal.timeout(executionMs));
    const result = this.operation.execute(event, context);
    return 'then' in result
      ? result.then((settled) => this.#serialise(settled, origin))
      : this.#serialise(result, origin);
  }

  #serialise({ data, errors }: ExecutionResult, origin: Origin): string {
    return JSON.stringify(errors ? { data, errors: this.ports.format(errors, origin) } : { data });
  }

  /** Later members need not wait for a promise; a failure is not kept for them. */
  #keepSettled(event: object, payload: Promise<string>): void {
    const payloads = this.#payloads;
    payload.then(
      (text) => payloads.set(event, text),
      () => payloads.delete(event),
    );
  }
}
