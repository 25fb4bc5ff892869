// IMEI checks: answered from what is known, asked of the provider once for all who ask at the same time, kept as history.
import type { Keys } from '../../auth/keys.js';
import { demand, may } from '../../auth/policies.js';
import { actorOf } from '../../auth/viewer.js';
import type { Door } from '../../entities/account.enums.js';
import { Failure, notFound } from '../../shared/errors.js';
import { once } from '../idempotency.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import type { Rows } from '../live/event-log.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Transaction, Work } from '../work.js';
import {
  type CheckImeiInput,
  checkImeiInput,
  defaultMaxAge,
  type ImeiCheckFilter,
  type ImeiCheckQuery,
  imeiCheckQuery,
} from './imei-check.inputs.js';
import {
  checkColumns,
  checksById,
  checkTables,
  type ImeiCheckRow,
  openCheck,
  type StoredCheck,
} from './imei-check.rows.js';
import type { ImeiDesk } from './imei-desk.js';
import { demandOffered, type ImeiFacts } from './imei-facts.js';
import { chooseService, type ImeiServices, type ServiceChoice } from './service-choice.js';
import type { ImeiVerdictService } from './verdicts.service.js';

export interface ImeiCheckPorts {
  readonly keys: Keys;
  /** Whose days the limit means. */
  readonly defaultTimezone: string;
  /** Undefined where no provider is configured and no simulator runs. */
  readonly imeiDesk: ImeiDesk | undefined;
  /** Undefined as imeiDesk is. */
  readonly imeiFacts: ImeiFacts | undefined;
  /** IMEICHECK_SERVICES. */
  readonly imeiServices: ImeiServices;
  /** IMEI_CHECKS_PER_DAY. */
  readonly imeiChecksPerDay: number;
}

export interface Patience {
  readonly idempotencyKey?: string | null | undefined;
  /** How long the answer is waited for; what comes later is in the history. */
  readonly patienceMs?: number;
}

/** What somebody has asked for in their absence; nobody waits for it. */
export interface AbsentCall {
  /** As the audit log names them. */
  readonly actor: string;
  readonly imei: string;
  readonly choice: ServiceChoice;
  readonly maxAge: number;
}

export interface Begun {
  /** Null where the limit is reached. */
  readonly checkId: string | null;
  /** Seconds until it is another day. */
  readonly retryAfter: number;
}

/** An operation of GraphQL has ten seconds. A job waits for nobody. */
const patience: Readonly<Record<Door, number>> = { GRAPHQL: 8_000, REST: 8_000, BOT: 25_000, JOB: 0 };

export class ImeiCheckService {
  constructor(
    private readonly work: Work,
    private readonly ports: ImeiCheckPorts,
    private readonly verdicts: ImeiVerdictService,
  ) {}

  /** Ended, or PENDING where the provider takes its time; a provider that failed is a Failure, and the check FAILED. */
  async check(input: CheckImeiInput, { idempotencyKey, patienceMs }: Patience = {}): Promise<ImeiCheckRow> {
    const { imei, serviceId = null, maxAgeSeconds } = parseInput(checkImeiInput, input);
    const desk = openDesk(this.ports);
    await demandOffered(this.ports.imeiFacts, serviceId);
    const id = await this.#begin({ imei, serviceId, maxAge: maxAgeSeconds ?? defaultMaxAge }, idempotencyKey);
    const begun = await this.get(id);
    if (begun.status !== 'PENDING') return outcome(begun);
    desk.kick();
    await desk.wait(id, patienceMs ?? patience[this.work.viewer.origin.door]);
    return outcome(await this.get(id));
  }

  async list(query: ImeiCheckQuery, args: PageArgs): Promise<Page<ImeiCheckRow>> {
    const { filter } = parseInput(imeiCheckQuery, query);
    const page = await pageOf<StoredCheck>(
      this.work,
      {
        select: checkColumns,
        from: checkTables,
        ...conditionOf(filter, this.ownOnly()),
        key: [['c.id', 'bigint']],
        direction: 'desc',
      },
      args,
    );
    const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: openCheck(node) }));
    return { ...page, edges, nodes: edges.map(({ node }) => node) };
  }

  /** What is somebody else's is not there for those who see their own only. */
  async find(id: string): Promise<ImeiCheckRow | undefined> {
    if (!isId(id)) return undefined;
    const check = (await checksById(this.work, [id])).get(id);
    const own = this.ownOnly();
    return own === undefined || check?.requestedBy === own ? check : undefined;
  }

  async get(id: string): Promise<ImeiCheckRow> {
    const check = await this.find(id);
    if (!check) throw notFound('The check');
    return check;
  }

  /** The actor whose checks alone the viewer may see; undefined where they see all. */
  ownOnly(): string | undefined {
    const { viewer } = this.work;
    if (may(viewer, 'imeiRead')) return undefined;
    demand(viewer, 'imeiCheck');
    return actorOf(viewer);
  }

  /** Which services are asked for a device; `wanted` is null where its brand chooses. */
  async choose(imei: string, wanted: number | null): Promise<ServiceChoice> {
    return chooseService(this.ports.imeiServices, await this.verdicts.brandOf(imei), wanted);
  }

  /** In the caller's transaction; it counts for whoever asked. The desk is to be kicked after the commit. */
  beginFor(tx: Transaction, call: AbsentCall): Promise<Begun> {
    const asking = { ...call, serviceId: null, door: 'JOB', perDay: this.ports.imeiChecksPerDay } as const;
    return this.#ask((sql, values) => tx.rows(sql, values), asking);
  }

  /** What others left behind. */
  async bringOn(): Promise<void> {
    await this.ports.imeiDesk?.bringOn();
  }

  async #begin({ imei, serviceId, maxAge }: Call, key: string | null | undefined): Promise<string> {
    const { imeiChecksPerDay } = this.ports;
    const { viewer } = this.work;
    const actor = actorOf(viewer);
    const perDay = viewer.identity.kind === 'system' ? null : imeiChecksPerDay;
    const choice = await this.choose(imei, serviceId);
    const asking = { actor, imei, choice, serviceId, maxAge, door: viewer.origin.door, perDay };
    const create = async (rows: Rows['rows']): Promise<{ id: string }> => {
      const { checkId, retryAfter } = await this.#ask(rows, asking);
      if (checkId === null) throw limited(imeiChecksPerDay, retryAfter);
      return { id: checkId };
    };
    if (key == null) return (await create((sql, values = []) => this.work.tell(sql, values))).id;
    const call = { actor, operation: 'checkImei', key, input: { imei, serviceId, maxAge } };
    const { row } = await this.work.write((tx) =>
      once(tx, this.ports.keys, call, {
        create: () => create((sql, values) => tx.rows(sql, values)),
        find: async (id) => ({ id }),
      }),
    );
    return row.id;
  }

  async #ask(rows: Rows['rows'], { actor, imei, choice, serviceId, maxAge, door, perDay }: Asking): Promise<Begun> {
    const { service, follow, automatic } = choice;
    const [begun] = await rows<Begun>(beginSql, [
      ...[imei, openDesk(this.ports).providerName, service, follow, automatic, serviceId, maxAge, door, actor],
      ...[this.work.now(), this.ports.defaultTimezone, perDay],
    ]);
    if (!begun) throw new Error('a function without a row');
    return begun;
  }
}

/** UNAVAILABLE where there is nobody to ask. */
export function openDesk({ imeiDesk }: Pick<ImeiCheckPorts, 'imeiDesk'>): ImeiDesk {
  if (imeiDesk) return imeiDesk;
  throw new Failure('UNAVAILABLE', 'No IMEI provider is configured: IMEICHECK_TOKEN is not set.', { reasons: away });
}

interface Asking extends AbsentCall {
  readonly serviceId: number | null;
  readonly door: Door;
  /** Null where there is no limit. */
  readonly perDay: number | null;
}

interface Call {
  readonly imei: string;
  readonly serviceId: number | null;
  readonly maxAge: number;
}

/** $10 now, $11 the zone whose days the limit means. */
const beginSql = `
  select begin_imei_check($1, $2, $3::int, $4::int, $5, $6::int, $7::int, $8, $9, d.today, $12::int) as "checkId", ceil(extract(epoch from (d.today + 1)::timestamp at time zone $11 - $10))::int as "retryAfter"
  from (select ($10::timestamptz at time zone $11)::date as today) d`;

const limited = (perDay: number, seconds: number): Failure =>
  new Failure('RATE_LIMITED', `The ${perDay} checks of today are used up; what is known already is still told.`, {
    retryAfter: Math.max(1, seconds),
  });

const away = ['IMEI_PROVIDER'] as const;

/** Whoever waited for a provider that failed is told so; the check stays in the history as FAILED. */
function outcome(check: ImeiCheckRow): ImeiCheckRow {
  if (check.failure === null || check.status !== 'FAILED') return check;
  throw new Failure(check.failure, check.error ?? '', { reasons: away });
}

function conditionOf(filter: ImeiCheckFilter, own: string | undefined): { where: string[]; params: unknown[] } {
  const where: string[] = [];
  const params: unknown[] = [];
  const ask = (value: unknown, condition: (placeholder: string) => string): void => {
    if (value != null) where.push(condition(`$${params.push(value)}`));
  };
  ask(own, (p) => `c.requested_by = ${p}`);
  ask(filter?.imei, (p) => `c.imei = ${p}`);
  ask(filter?.tac, (p) => `c.imei like ${p} || '%'`);
  ask(filter?.status?.length ? filter.status : null, (p) => `c.status = any(${p})`);
  ask(filter?.via?.length ? filter.via : null, (p) => `c.via = any(${p})`);
  ask(filter?.createdAt?.from, (p) => `c.created_at >= ${p}`);
  ask(filter?.createdAt?.to, (p) => `c.created_at < ${p}`);
  return { where, params };
}
