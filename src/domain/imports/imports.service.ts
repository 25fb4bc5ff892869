// Imports: a file that was uploaded, how far it has been read, and what was wrong with it.
import type { Keys } from '../../auth/keys.js';
import { demand } from '../../auth/policies.js';
import { type LinkSignature, opensLink, signLink } from '../../auth/signed-links.js';
import { actorOf } from '../../auth/viewer.js';
import type { ImportKind } from '../../entities/mailing.enums.js';
import { days, minutes } from '../../shared/clock.js';
import { csvLine } from '../../shared/csv.js';
import { notFound } from '../../shared/errors.js';
import { isId } from '../ids.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Work } from '../work.js';
import {
  type ImportProblemRow,
  type ImportRow,
  importColumns,
  problemColumns,
  type ToldProblemRow,
} from './import.rows.js';
import { type ImportServices, kindsFor } from './import-kinds.js';
import { ImportReader } from './import-reader.js';
import { ImportReceiver, type UploadedFile } from './import-receiver.js';

export interface ImportPorts {
  readonly keys: Keys;
  /** What links begin with; they are relative to this server where it is not set. */
  readonly publicUrl: string | undefined;
}

/** Housekeeping deletes them then; the counts stay. */
export const problemsLiveFor = days(30);
const shownProblems = 100;
const linkLivesFor = minutes(15);
const problemsAtOnce = 1_000;

export class ImportService {
  constructor(
    private readonly work: Work,
    private readonly services: ImportServices,
    private readonly ports: ImportPorts,
  ) {}

  receive(kind: ImportKind, file: UploadedFile, idempotencyKey?: string | null): Promise<ImportRow> {
    return new ImportReceiver(this.work, this.ports.keys).receive(kind, file, idempotencyKey);
  }

  /** Reads what has been uploaded and not been read yet, one import after the other. */
  continue(signal: AbortSignal): Promise<void> {
    return new ImportReader(this.work, this.services).continue(signal);
  }

  /** Undefined also where the viewer may not see it. */
  async find(id: string): Promise<ImportRow | undefined> {
    if (!isId(id)) return undefined;
    const { where, params } = this.#visible();
    const [row] = await this.work.rows<ImportRow>(
      `select ${importColumns} from import i where ${where.join(' and ')} and i.id = $${params.length + 1}`,
      [...params, id],
    );
    return row;
  }

  async get(id: string): Promise<ImportRow> {
    const row = await this.find(id);
    if (!row) throw notFound('The import');
    return row;
  }

  /** Newest first. */
  list(kind: ImportKind | null | undefined, args: PageArgs): Promise<Page<ImportRow>> {
    return pageOf<ImportRow>(
      this.work,
      { select: importColumns, from: 'import i', ...this.#visible(kind), key: [['i.id', 'bigint']], direction: 'desc' },
      args,
    );
  }

  /** The first ones of each. */
  async problemsOf(ids: readonly string[]): Promise<Map<string, ImportProblemRow[]>> {
    const found = await this.work.rows<{ id: string; problems: ImportProblemRow[] }>(
      `select i.id, (select coalesce(jsonb_agg(f), '[]') from (
         select ${problemColumns} from import_problem p where p.import_id = i.id order by p.row_number, p.field limit ${shownProblems}
       ) f) as problems
       from unnest($1::bigint[]) as i (id)`,
      [ids],
    );
    return new Map(found.map(({ id, problems }) => [id, problems]));
  }

  /** Opens without a token, for a while. Null where nothing was wrong. */
  problemsUrl({ id, hasProblems, finishedAt }: Pick<ImportRow, 'id' | 'hasProblems' | 'finishedAt'>): string | null {
    const now = this.work.now().getTime();
    if (!hasProblems || (finishedAt && finishedAt.getTime() < now - problemsLiveFor)) return null;
    const { keys, publicUrl = '' } = this.ports;
    const until = new Date(now + linkLivesFor);
    return publicUrl.replace(/\/$/, '') + signLink(keys, problemsPath(id), until);
  }

  /** All problems as CSV, with what stood in the file, which whoever may import sees unmasked; for who may see the import and for who holds a link to them. */
  async problemsFile(id: string, link: LinkSignature): Promise<{ name: string; text: AsyncIterable<string> }> {
    if (!opensLink(this.ports.keys, problemsPath(id), { ...link, now: this.work.now() })) {
      demand(this.work.viewer, 'mailingsWrite');
      await this.get(id);
    }
    return { name: `import-${id}-problems.csv`, text: this.#problemLines(id) };
  }

  async *#problemLines(id: string): AsyncGenerator<string> {
    yield csvLine(['row', 'field', 'value', 'message']);
    for (let [row, field] = [0, '']; ; ) {
      const some = await this.work.rows<ToldProblemRow>(
        `select ${problemColumns}, p.value from import_problem p where p.import_id = $1 and (p.row_number, p.field) > ($2, $3)
         order by p.row_number, p.field limit ${problemsAtOnce}`,
        [id, row, field],
      );
      yield some.map((problem) => csvLine([problem.row, problem.field, problem.value, problem.message])).join('');
      const last = some.at(-1);
      if (!last || some.length < problemsAtOnce) return;
      [row, field] = [last.row, last.field ?? ''];
    }
  }

  /** Of the kinds that the viewer may import; to a token its own only. What is still being uploaded is nobody's yet. */
  #visible(kind?: ImportKind | null): { where: string[]; params: unknown[] } {
    const { viewer } = this.work;
    const kinds = kindsFor(viewer).filter((one) => kind == null || one === kind);
    const own = viewer.identity.kind === 'token' ? actorOf(viewer) : null;
    return {
      where: ['i.received_at is not null', 'i.kind = any($1::text[])', '($2::text is null or i.actor = $2)'],
      params: [kinds, own],
    };
  }
}

const problemsPath = (id: string): string => `/api/v1/imports/${id}/problems.csv`;
