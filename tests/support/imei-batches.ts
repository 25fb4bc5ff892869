// Batches of IMEI checks as clients order and watch them, over GraphQL and REST, and whether what they are told adds up.
import type { ImeiBatchHoldReason, ImeiBatchStatus } from '../../src/entities/imei.enums.js';
import { until } from './program.js';
import type { Client, GraphqlAnswer } from './server.js';
import { type Subscription, subscribe } from './subscription.js';
import type { FileContent } from './uploads.js';

export interface BatchSeen {
  readonly id: string;
  readonly status: ImeiBatchStatus;
  readonly hold: {
    readonly reason: ImeiBatchHoldReason;
    readonly until: string | null;
    readonly waiting: number;
  } | null;
  readonly costLimit: string | null;
  readonly total: number;
  readonly done: number;
  readonly successful: number;
  readonly unsuccessful: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cost: string;
  readonly resultUrl: string;
  readonly finishedAt: string | null;
}

const batchFields =
  'id status hold { reason until waiting } costLimit total done successful unsuccessful failed skipped cost resultUrl finishedAt';

export class BatchCalls {
  readonly as: Client;

  constructor(as: Client) {
    this.as = as;
  }

  order(input: object): Promise<GraphqlAnswer<{ checkImeis: BatchSeen }>> {
    return this.as.graphql(`mutation ($input: CheckImeisInput!) { checkImeis(input: $input) { ${batchFields} } }`, {
      input,
    });
  }

  /** Accepted. */
  async ordered(input: object): Promise<BatchSeen> {
    const { data, errors } = await this.order(input);
    if (!data) throw new Error(`refused: ${JSON.stringify(errors)}`);
    return data.checkImeis;
  }

  cancel(id: string): Promise<GraphqlAnswer<{ cancelImeiBatch: BatchSeen }>> {
    return this.as.graphql(`mutation ($id: ID!) { cancelImeiBatch(id: $id) { ${batchFields} } }`, { id });
  }

  async find(id: string): Promise<BatchSeen | null> {
    const { data } = await this.as.graphql<{ imeiBatch: BatchSeen | null }>(
      `query ($id: ID!) { imeiBatch(id: $id) { ${batchFields} } }`,
      { id },
    );
    return data?.imeiBatch ?? null;
  }

  async get(id: string): Promise<BatchSeen> {
    const batch = await this.find(id);
    if (!batch) throw new Error(`no batch ${id}`);
    return batch;
  }

  async list(): Promise<string[]> {
    const { data } = await this.as.graphql<{ imeiBatches: { nodes: { id: string }[] } }>(
      '{ imeiBatches(first: 100) { nodes { id } } }',
    );
    return (data?.imeiBatches.nodes ?? []).map(({ id }) => id);
  }

  /** Nothing of it is under way any more. */
  async ended(id: string, withinMs = 30_000): Promise<BatchSeen> {
    let seen: BatchSeen | undefined;
    await until(
      async () => {
        seen = await this.get(id);
        return seen.finishedAt !== null;
      },
      withinMs,
      `the end of batch ${id}`,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(seen)}`);
    });
    return seen as BatchSeen;
  }

  /** Told by the query. */
  async held(id: string, reason: ImeiBatchHoldReason, withinMs = 15_000): Promise<BatchSeen> {
    let seen: BatchSeen | undefined;
    const isHeld = async () => {
      seen = await this.get(id);
      return seen.hold?.reason === reason;
    };
    await until(isHeld, withinMs, `the hold ${reason} of batch ${id}`);
    return seen as BatchSeen;
  }

  watch(url: string, id: string): Promise<Subscription<{ imeiBatchProgress: BatchSeen }>> {
    return subscribe(url, this.as, `subscription ($id: ID!) { imeiBatchProgress(id: $id) { ${batchFields} } }`, { id });
  }

  send(content: FileContent, query = '', headers: Record<string, string> = {}): Promise<Response> {
    const form = new FormData();
    form.append('file', new Blob([content]), 'phones.csv');
    return this.as.fetch(`/api/v1/imei/batches${query}`, { method: 'POST', body: form, headers });
  }

  async sent(content: FileContent, query = ''): Promise<BatchSeen> {
    const answer = await this.send(content, query);
    if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
    return (await answer.json()) as BatchSeen;
  }
}

/** What is wrong with it, where anything is; `before`: as it was told before. */
export function faultOf(batch: BatchSeen, before?: BatchSeen): string | undefined {
  const { total, done, successful, unsuccessful, failed, skipped } = batch;
  if (done !== successful + unsuccessful + failed) return `done is not what it is made of: ${JSON.stringify(batch)}`;
  if (done + skipped > total) return `more than all: ${JSON.stringify(batch)}`;
  if ((batch.finishedAt !== null) !== (done + skipped === total)) return `ended, or not: ${JSON.stringify(batch)}`;
  if (batch.finishedAt !== null && batch.status === 'RUNNING') return `ended and running: ${JSON.stringify(batch)}`;
  if (before && (done < before.done || skipped < before.skipped || Number(batch.cost) < Number(before.cost)))
    return `goes back: ${JSON.stringify([before, batch])}`;
  return undefined;
}

export const faultsOf = (batches: readonly BatchSeen[]): string[] =>
  batches.flatMap((batch, index) => faultOf(batch, batches[index - 1]) ?? []);

/** The cells of a CSV that quotes all of them. */
export const cellsOf = (csv: string): string[][] =>
  csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.slice(1, -1).split('","'));
