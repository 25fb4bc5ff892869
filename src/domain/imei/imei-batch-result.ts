// What came of a batch as a CSV file: every device of it, in the order in which it came. Read some at a time and sent on as they come.
import type { ImeiBatchStatus, ImeiCheckStatus } from '../../entities/imei.enums.js';
import { csvLine } from '../../shared/csv.js';
import { isoTime } from '../../shared/iso-time.js';
import type { Work } from '../work.js';
import type { Device } from './device.js';
import type { StoredDevice } from './imei-check.rows.js';

interface ResultRow {
  readonly n: number;
  readonly imei: string;
  readonly batchStatus: ImeiBatchStatus;
  /** Null where it was not begun. */
  readonly status: ImeiCheckStatus | null;
  readonly serviceId: number | null;
  readonly device: StoredDevice | null;
  readonly cost: string | null;
  readonly error: string | null;
  readonly completedAt: Date | null;
}

const rowsAtOnce = 500;

/** As the columns are called, in their order. */
const deviceFields = {
  ...{ name: 'name', brand: 'brand', model: 'model', modelDescription: 'model_description', imageUrl: 'image_url' },
  ...{ imei: 'device_imei', imei2: 'imei2', serial: 'serial', meid: 'meid', simLock: 'sim_lock' },
  ...{ findMyOn: 'find_my_on', lostMode: 'lost_mode', mdmLock: 'mdm_lock', blacklist: 'blacklist' },
  ...{ network: 'network', region: 'region', purchaseCountry: 'purchase_country', purchasedAt: 'purchased_at' },
  ...{ warranty: 'warranty', repairCoverage: 'repair_coverage', technicalSupport: 'technical_support' },
  ...{ replaced: 'replaced', refurbished: 'refurbished', demoUnit: 'demo_unit', loaner: 'loaner' },
} as const satisfies Record<keyof Device, string>;

const fields = Object.keys(deviceFields) as (keyof Device)[];
const header = ['row', 'imei', 'status', ...Object.values(deviceFields), 'service_id', 'cost', 'error', 'checked_at'];

export async function* batchResult(work: Work, batchId: string): AsyncGenerator<string> {
  yield csvLine(header);
  for (let last = 0; ; ) {
    const some = await work.rows<ResultRow>(resultSql, [batchId, last]);
    yield some.map((row) => csvLine(cellsOf(row))).join('');
    last = some.at(-1)?.n ?? last;
    if (some.length < rowsAtOnce) return;
  }
}

const cellsOf = ({ n, imei, device, ...row }: ResultRow): (string | number | null)[] => [
  ...[n, imei, statusOf(row)],
  ...fields.map((field) => textOf(device?.[field] ?? null)),
  ...[row.serviceId, row.cost, row.error, row.completedAt && isoTime(row.completedAt)],
];

const statusOf = ({ status, batchStatus }: Pick<ResultRow, 'status' | 'batchStatus'>): string =>
  status ?? (batchStatus === 'RUNNING' ? 'PENDING' : 'SKIPPED');

const textOf = (value: string | boolean | null): string | null => (value === null ? null : String(value));

const resultSql = `
  select i.n, i.imei, b.status as "batchStatus", c.status, e.service_id as "serviceId", e.device, c.cost, c.error,
    c.completed_at as "completedAt"
  from imei_batch_item i join imei_batch b on b.id = i.batch_id
    left join imei_check c on c.id = i.check_id left join imei_exchange e on e.id = c.exchange_id
  where i.batch_id = $1 and i.n > $2 order by i.n limit ${rowsAtOnce}`;
