// One batch to its end while its worker is killed, and the judgement, by the provider's own log, of what was paid twice or not at all.
import { setTimeout as sleep } from 'node:timers/promises';
import { ImeiBatchStage } from './imei-batch-stage.js';
import { BatchCalls, type BatchSeen, faultsOf } from './imei-batches.js';
import { imeiOf } from './imei-calls.js';

export interface BatchKillsPlan {
  readonly devices: number;
  /** Done so far, as a share of all, when the worker is killed. */
  readonly killAt: readonly number[];
  readonly latencyMs: number;
  /** Of the requests, so many are charged and never answered, and as many are cut off and not done. */
  readonly lost: number;
  readonly withinMs: number;
}

export interface BatchKillsResult {
  readonly faults: readonly string[];
  /** In a sentence. */
  readonly seen: string;
}

const concurrency = 8;

export async function runBatchKills(plan: BatchKillsPlan, say: (line: string) => void): Promise<BatchKillsResult> {
  const settings = { IMEI_CONCURRENCY: String(concurrency), IMEI_TIMEOUT: '2s' };
  await using stage = await ImeiBatchStage.open(settings);
  const { latencyMs, lost } = plan;
  await stage.provider.setMood({ mode: 'mixed', errors: 0, hangs: 0, garbage: 0, resets: lost, lost, latencyMs });
  const calls = new BatchCalls(stage.client);
  const imeis = Array.from({ length: plan.devices }, (_, n) => imeiOf(n));
  const began = Date.now();
  const { id } = await calls.ordered({ imeis });
  const watched = await calls.watch(stage.url, id);
  const doneBy = async (count: number): Promise<void> => {
    while ((await calls.get(id)).done < count) {
      if (Date.now() - began > plan.withinMs) throw new Error(`not done: ${JSON.stringify(await calls.get(id))}`);
      await sleep(50);
    }
  };
  const underWay: number[] = [];
  for (const share of plan.killAt) {
    await doneBy(Math.ceil(share * plan.devices));
    await stage.killWorker();
    const [asking] = await stage.query<{ n: number }>(
      "select count(*)::int as n from imei_exchange where state = 'ASKING'",
    );
    await stage.startWorker();
    underWay.push(asking?.n ?? 0);
    say(`killed the worker at ${share}; ${asking?.n ?? 0} requests were under way`);
  }
  await doneBy(plan.devices);
  const end = await calls.ended(id, 10_000);
  const seconds = (Date.now() - began) / 1_000;
  await sleep(1_000);
  const events = watched.events.map(({ imeiBatchProgress }) => imeiBatchProgress);
  const faults = [...faultsOf(events), ...judgeEnd(end, events, plan), ...(await judgeMoney(stage, end, imeis))];
  if (watched.outcome.errors) faults.push(`the watcher was told ${JSON.stringify(watched.outcome.errors)}`);
  if (underWay.every((count) => count === 0)) faults.push('nothing was under way at any kill');
  await watched.close();
  return {
    faults,
    seen: `${end.done} of ${end.total} in ${seconds.toFixed(0)} s for ${end.cost} USD, ${events.length} events; under way at the kills: ${underWay.join(', ')}`,
  };
}

function judgeEnd(end: BatchSeen, events: readonly BatchSeen[], { devices }: BatchKillsPlan): string[] {
  const { status, total, done, successful } = end;
  const isWhole = status === 'COMPLETED' && total === devices && done === devices && successful === devices;
  const last = events.at(-1);
  return [
    ...(isWhole ? [] : [`not all of it was done: ${JSON.stringify(end)}`]),
    ...(last?.done === done && last.finishedAt !== null
      ? []
      : [`the last event is not the end: ${JSON.stringify(last)}`]),
  ];
}

/** Each device charged exactly once, and what was charged is what the batch says. */
async function judgeMoney(stage: ImeiBatchStage, end: BatchSeen, imeis: readonly string[]): Promise<string[]> {
  const charged = (await stage.provider.log()).filter((entry) => Number(entry.charged) > 0);
  const times = Map.groupBy(charged, ({ deviceId }) => deviceId);
  const wrong = imeis.filter((imei) => times.get(imei)?.length !== 1);
  const paid = charged.reduce((sum, entry) => sum + Math.round(Number(entry.charged) * 100), 0);
  const { paidAgain } = await stage.provider.stats();
  const [rows] = await stage.query<{ n: number; cost: string }>(
    `select count(*)::int as n, sum(c.cost)::text as cost from imei_batch_item i join imei_check c on c.id = i.check_id
     where i.batch_id = $1 and c.status = 'SUCCESSFUL'`,
    [end.id],
  );
  return [
    ...(wrong.length > 0 ? [`${wrong.length} devices were not charged exactly once`] : []),
    ...(paidAgain > 0 ? [`the provider says that ${paidAgain} were paid for again`] : []),
    ...(paid === Math.round(Number(end.cost) * 100)
      ? []
      : [`${paid} cents were charged, and the batch says ${end.cost}`]),
    ...(rows?.n === end.successful && rows.cost === end.cost ? [] : [`the checks say ${JSON.stringify(rows)}`]),
  ];
}
