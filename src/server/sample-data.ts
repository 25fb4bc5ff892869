// What the first start brings along, so that there is something to look at: people who do not exist, and a mailing to them
// that starts by itself. Goes through the services, as everybody does.
import type { Config } from '../config.js';
import type { ClientImportRow } from '../domain/clients/client.inputs.js';
import type { Services } from '../domain/services.js';
import { hours, seconds } from '../shared/clock.js';

export const wantsSampleData = ({ NODE_ENV, SAMPLE_DATA, DATABASE_URL }: SampleConfig): boolean =>
  NODE_ENV !== 'production' && (SAMPLE_DATA === 'on' || (SAMPLE_DATA === undefined && DATABASE_URL === undefined));

type SampleConfig = Pick<Config, 'NODE_ENV' | 'SAMPLE_DATA' | 'DATABASE_URL'>;

/**
 * Only where nobody is yet: the first person, who is made after this, says that it is done. Until then a start that was
 * killed is made good by the next one, and of several at once one does it.
 */
export async function loadSampleData(services: Services, { mailing }: { readonly mailing: boolean }): Promise<void> {
  const { clients, mailings, suppressions, work } = services;
  await work.write(async (turn) => {
    await turn.rows('select pg_advisory_xact_lock($1)', [sampleDataLock]);
    const [somebody] = await turn.rows('select 1 from person limit 1');
    if (somebody) return;
    await work.write(async (tx) => {
      await clients.upsertMany(tx, sampleClients());
      tx.audit('loadSampleData');
    });
    for (const i of unwilling)
      await suppressions.suppress({ phone: phoneOf(i), channels: ['MESSAGE'], note: 'Пример' });
    const { mailings: known } = await mailings.overview();
    if (mailing && known === 0) await mailings.create(sampleMailing(work.now()));
  });
}

/** One more sample mailing, now, to whoever is in the directory: for a database that only a simulated gateway sends from. */
export async function startSampleMailing({ mailings, work }: Services): Promise<string> {
  const { id } = await mailings.create({ ...sampleMailing(work.now()), startsAt: work.now() });
  return id;
}

const sampleDataLock = 7_301_005;

/** A hundred seconds of messages, so that there is time to look and to switch the gateway's mood. */
const sampleMailing = (now: Date) => ({
  text: 'Здравствуйте! Это пробная рассылка Switchboard: номера вымышлены, сообщения принимает имитация шлюза.',
  startsAt: new Date(now.getTime() + seconds(20)),
  endsAt: new Date(now.getTime() + hours(2)),
  rateLimit: 3,
});

const howMany = 300;
const unwilling = [7, 77, 177, 277];

function sampleClients(): ClientImportRow[] {
  return Array.from({ length: howMany }, (_, i) => ({
    phone: phoneOf(i),
    operatorCode: pick(operatorCodes, i * 7),
    tag: pick(tags, i * 3),
    timezone: pick(timezones, i * 5),
    name: nameOf(i),
  }));
}

/** Nobody has a number that begins with 7 000: no operator was ever given that code. */
const phoneOf = (i: number): string => `7000${String((i * 7_654_321) % 10_000_000).padStart(7, '0')}`;

const pick = <T>(values: readonly [T, ...T[]], i: number): T => values[i % values.length] ?? values[0];

function nameOf(i: number): string {
  const [names, ending] = i % 2 === 0 ? ([men, ''] as const) : ([women, 'а'] as const);
  return `${pick(names, Math.floor(i / 2))} ${pick(surnames, i * 11)}${ending}`;
}

const operatorCodes = ['903', '905', '910', '912', '916', '921', '925', '926', '952', '963', '977', '999'] as const;
const tags = ['новые', 'постоянные', 'vip', 'подписчики', 'отзывы'] as const;
const men = ['Александр', 'Борис', 'Дмитрий', 'Иван', 'Кирилл', 'Максим', 'Никита', 'Олег', 'Павел', 'Тимур'] as const;
const women = ['Анна', 'Вера', 'Дарья', 'Елена', 'Ирина', 'Мария', 'Наталья', 'Ольга', 'Софья', 'Юлия'] as const;
const surnames = [
  ...(['Иванов', 'Смирнов', 'Кузнецов', 'Попов', 'Васильев', 'Петров', 'Соколов', 'Михайлов', 'Новиков'] as const),
  ...(['Фёдоров', 'Морозов', 'Волков', 'Алексеев', 'Лебедев', 'Семёнов', 'Егоров', 'Павлов'] as const),
] as const;
const timezones = [
  ...(['Europe/Kaliningrad', 'Europe/Moscow', 'Europe/Samara', 'Asia/Yekaterinburg', 'Asia/Omsk'] as const),
  ...(['Asia/Krasnoyarsk', 'Asia/Irkutsk', 'Asia/Yakutsk', 'Asia/Vladivostok', 'Asia/Kamchatka'] as const),
  'Europe/Moscow',
] as const;
