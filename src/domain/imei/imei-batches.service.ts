// Batches: many devices ordered to be checked together, within a cost limit, to be stopped at any time; how far they are, and what
// came of them.
import { demand } from '../../auth/policies.js';
import { type LinkSignature, opensLink, signLink } from '../../auth/signed-links.js';
import { minutes } from '../../shared/clock.js';
import { notFound } from '../../shared/errors.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Work } from '../work.js';
import { type BatchTerms, batchTerms, type CheckImeisInput, checkImeisInput } from './imei-batch.inputs.js';
import { batchById, batchColumns, batchesById, type StoredImeiBatch } from './imei-batch.rows.js';
import { holdBatch, skipTheRest } from './imei-batch-counts.js';
import { ImeiBatchFeeder } from './imei-batch-feeder.js';
import { type ImeiBatchHoldPorts, type ImeiBatchRow, withHold, withHolds } from './imei-batch-hold.js';
import { ImeiBatchReceiver } from './imei-batch-receiver.js';
import { batchResult } from './imei-batch-result.js';
import { checkColumns, type ImeiCheckRow, openCheck, type StoredCheck } from './imei-check.rows.js';
import { type ImeiCheckPorts, type ImeiCheckService, openDesk } from './imei-checks.service.js';
import { demandOffered } from './imei-facts.js';
import type { ImeiVerdictService } from './verdicts.service.js';

export interface ImeiBatchPorts extends ImeiCheckPorts, ImeiBatchHoldPorts {
  /** What links begin with; they are relative to this server where it is not set. */
  readonly publicUrl: string | undefined;
}

export interface ImeiBatchNeeds {
  readonly imeiChecks: Pick<ImeiCheckService, 'ownOnly'>;
  readonly imeiVerdicts: Pick<ImeiVerdictService, 'brandsOf'>;
}

type Key = string | null | undefined;

const linkLivesFor = minutes(15);

export class ImeiBatchService {
  constructor(
    private readonly work: Work,
    private readonly ports: ImeiBatchPorts,
    private readonly services: ImeiBatchNeeds,
  ) {}

  /** Who is in the list twice is checked, and counted, once. */
  async checkImeis(input: CheckImeisInput, idempotencyKey?: Key): Promise<ImeiBatchRow> {
    const { imeis: _, ...terms } = parseInput(checkImeisInput, input);
    openDesk(this.ports);
    await demandOffered(this.ports.imeiFacts, terms.serviceId);
    return this.#shown(
      await new ImeiBatchReceiver(this.work, this.ports).fromList(input.imeis, { terms, idempotencyKey }),
    );
  }

  async checkFile(bytes: AsyncIterable<Buffer>, input: BatchTerms, idempotencyKey?: Key): Promise<ImeiBatchRow> {
    const terms = parseInput(batchTerms, input);
    openDesk(this.ports);
    await demandOffered(this.ports.imeiFacts, terms.serviceId);
    return this.#shown(await new ImeiBatchReceiver(this.work, this.ports).fromFile(bytes, { terms, idempotencyKey }));
  }

  /** What is under way ends as it ends, the rest is skipped. A batch that has ended stays as it is. */
  async cancel(id: string): Promise<ImeiBatchRow> {
    await this.get(id);
    const cancelled = await this.work.write(async (tx) => {
      await holdBatch(tx, id, { wait: true });
      const batch = await batchById(tx, id);
      if (batch.status !== 'RUNNING') return batch;
      await skipTheRest(tx, id, 'CANCELLED');
      tx.audit('cancelImeiBatch', `imeiBatch:${id}`);
      return batchById(tx, id);
    });
    return this.#shown(cancelled);
  }

  /** What is somebody else's is not there for those who see their own only. */
  async find(id: string): Promise<ImeiBatchRow | undefined> {
    if (!isId(id)) return undefined;
    const batch = (await batchesById(this.work, [id])).get(id);
    const own = this.services.imeiChecks.ownOnly();
    return batch && (own === undefined || batch.requestedBy === own) ? this.#shown(batch) : undefined;
  }

  async get(id: string): Promise<ImeiBatchRow> {
    const batch = await this.find(id);
    if (!batch) throw notFound('The batch');
    return batch;
  }

  /** Newest first. */
  async list(args: PageArgs): Promise<Page<ImeiBatchRow>> {
    const own = this.services.imeiChecks.ownOnly() ?? null;
    const where = ['b.received_at is not null', '($1::text is null or b.requested_by = $1)'];
    const key = [['b.id', 'bigint']] as const;
    const page = await pageOf<StoredImeiBatch>(
      this.work,
      { select: batchColumns, from: 'imei_batch b', where, params: [own], key, direction: 'desc' },
      args,
    );
    const nodes = await withHolds(this.work, page.nodes, this.ports);
    const edges = page.edges.map(({ cursor }, index) => ({ cursor, node: nodes[index] as ImeiBatchRow }));
    return { ...page, edges, nodes };
  }

  /** Those that were begun, in the order of the batch, which the viewer may see. */
  async checksOf(id: string, args: PageArgs): Promise<Page<ImeiCheckRow>> {
    const from = `imei_batch_item i join imei_check c on c.id = i.check_id join imei_exchange e on e.id = c.exchange_id`;
    const page = await pageOf<StoredCheck>(
      this.work,
      {
        ...{ select: checkColumns, from, where: ['i.batch_id = $1'], params: [id] },
        ...{ key: [['i.n', 'int']], direction: 'asc' },
      },
      args,
    );
    const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: openCheck(node) }));
    return { ...page, edges, nodes: edges.map(({ node }) => node) };
  }

  /** Opens without a token, for a while. */
  resultUrl(id: string): string {
    const { keys, publicUrl = '' } = this.ports;
    const until = new Date(this.work.now().getTime() + linkLivesFor);
    return publicUrl.replace(/\/$/, '') + signLink(keys, resultPath(id), until);
  }

  /** Every device and what came of it, for who may see the batch and for who holds a link to it. */
  async resultFile(id: string, link: LinkSignature): Promise<{ name: string; text: AsyncIterable<string> }> {
    if (!opensLink(this.ports.keys, resultPath(id), { ...link, now: this.work.now() })) {
      demand(this.work.viewer, 'imeiHistory');
      await this.get(id);
    }
    await this.work.write(async (tx) => tx.audit('exportImeiBatch', `imeiBatch:${id}`));
    return { name: `imei-batch-${id}.csv`, text: batchResult(this.work, id) };
  }

  /** Orders the next checks of running batches, with at most so many under way; gives those of which some were ordered. */
  feed(atOnce: number): Promise<string[]> {
    return new ImeiBatchFeeder(this.work, this.ports, this.services.imeiVerdicts).feed(atOnce);
  }

  /** For who looks after them. */
  async bringOn(): Promise<void> {
    this.ports.imeiDesk?.runBatches();
  }

  #shown(batch: StoredImeiBatch): Promise<ImeiBatchRow> {
    return withHold(this.work, batch, this.ports);
  }
}

const resultPath = (id: string): string => `/api/v1/imei/batches/${id}/result.csv`;
