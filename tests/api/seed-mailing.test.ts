// The assignment that the mailing service grew from, point by point in its own words: over GraphQL and
// REST, with an external service that is a process of its own.
import { createMailing, told } from '../support/mailings.js';
import { until } from '../support/program.js';
import { fromNow, SeedMailing } from '../support/seed-mailing.js';

let seed: SeedMailing;
beforeAll(async () => {
  seed = await SeedMailing.open();
});
beforeEach(() => seed.gateway.setMood({ mode: 'ok' }));
afterAll(() => seed.close());

const mailing = (input: object) => createMailing(seed.as, input);

describe('Основное задание: логика рассылки', () => {
  it('После создания новой рассылки, если текущее время больше времени начала и меньше времени окончания - должны быть выбраны из справочника все клиенты, которые подходят под значения фильтра, указанного в этой рассылке и запущена отправка для всех этих клиентов', async () => {
    const { tag, people } = await seed.addClients(3);
    const [matching, other] = [
      await seed.addClient({ tag, operatorCode: '155' }),
      await seed.addClient({ tag: `${tag} other`, operatorCode: '155' }),
    ];
    const byBoth = await mailing({
      startsAt: fromNow(-3_600),
      endsAt: fromNow(3_600),
      // No number begins like that.
      filter: { tags: [tag], operatorCodes: ['155'] },
    });
    const byTag = await mailing({ startsAt: fromNow(-3_600), endsAt: fromNow(3_600), filter: { tags: [tag] } });
    await Promise.all([seed.allSent(byBoth.id, 1), seed.allSent(byTag.id, 4)]);
    const reached = async (id: string) => (await seed.messages(id)).map(({ client }) => client.id).sort();
    expect(await reached(byBoth.id)).toEqual([matching.id]);
    expect(await reached(byTag.id)).toEqual([...people.map(({ id }) => id), matching.id].sort());
    expect(await reached(byTag.id)).not.toContain(other.id);
    const accepted = (await seed.requestsFor(await seed.messages(byTag.id))).filter((request) => request.accepted);
    expect(accepted).toHaveLength(4);
  });

  it('Если создаётся рассылка с временем старта в будущем - отправка должна стартовать автоматически по наступлению этого времени без дополнительных действий со стороны пользователя системы', async () => {
    const { tag } = await seed.addClients(3);
    const startsAt = fromNow(2);
    const { id, status } = await mailing({ startsAt, filter: { tags: [tag] } });
    expect(status).toBe('SCHEDULED');
    await seed.allSent(id, 3);
    const requests = await seed.requestsFor(await seed.messages(id));
    expect(requests).toHaveLength(3);
    expect(Math.min(...requests.map(({ at }) => at))).toBeGreaterThanOrEqual(Date.parse(startsAt));
  });

  it('По ходу отправки сообщений должна собираться статистика по каждому сообщению для последующего формирования отчётов', async () => {
    const { tag, people } = await seed.addClients(12);
    const { id } = await mailing({ filter: { tags: [tag] }, rateLimit: 6 });
    const underWay = await seed.until(id, ({ stats }) => Number(stats.sent) > 0);
    const { planned = 0, queued = 0, sending = 0, sent = 0 } = underWay.stats;
    expect([planned, sent < planned]).toEqual([queued + sending + sent, true]);
    await seed.allSent(id, 12);
    const messages = await seed.messages(id);
    expect(messages.map(({ client }) => client.id).sort()).toEqual(people.map((person) => person.id).sort());
    for (const message of messages) {
      expect(message).toMatchObject({
        status: 'SENT',
        attempts: 1,
        mailing: { id },
        id: expect.stringMatching(/^\d+$/),
      });
      expect(Date.parse(message.sentAt ?? '')).toBeGreaterThanOrEqual(Date.parse(message.createdAt));
    }
    expect(new Set(messages.map((message) => message.id)).size).toBe(12);
  });

  it('Внешний сервис, который принимает отправляемые сообщения, может долго обрабатывать запрос, отвечать некорректными данными, на какое-то время вообще не принимать запросы. Проблемы с внешним сервисом не должны влиять на стабильность работы разрабатываемого сервиса рассылок', async () => {
    const { tag } = await seed.addClients(5);
    for (const mood of [
      { mode: 'hang' },
      { mode: 'drip' },
      { mode: 'garbage' },
      { mode: '5xx' },
      { mode: 'reset' },
      { mode: 'down', forMs: 2_000 },
    ] as const) {
      await seed.gateway.setMood(mood);
      const { id } = await mailing({ filter: { tags: [tag] } });
      await seed.until(id, ({ stats }) => Number(stats.attempts) > 0);
      // The service itself is none the worse for it.
      expect((await seed.as.fetch('/readyz')).status).toBe(200);
      expect(await seed.client((await seed.addClient()).id)).not.toBeNull();
      expect((await seed.mailing(id)).stats).toMatchObject({ planned: 5, sent: 0, failed: 0 });
      if (mood.mode !== 'down') await seed.gateway.setMood({ mode: 'ok' });
      await seed.allSent(id, 5);
    }
  }, 180_000);
});

describe('Основное задание: дата и время окончания рассылки', () => {
  it('если по каким-то причинам не успели разослать все сообщения - никакие сообщения клиентам после этого времени доставляться не должны', async () => {
    const { tag } = await seed.addClients(4);
    await seed.gateway.setMood({ mode: '5xx' });
    const endsAt = fromNow(4);
    const { id } = await mailing({ endsAt, filter: { tags: [tag] } });
    await seed.until(id, ({ stats }) => Number(stats.attempts) > 0);
    await until(() => Date.now() > Date.parse(endsAt), 10_000, 'the end');
    await seed.gateway.setMood({ mode: 'ok' });
    const over = await seed.until(id, ({ status }) => status === 'EXPIRED');
    const { stats } = await seed.until(id, (now) => now.stats.expired === over.stats.planned);
    expect(stats).toMatchObject({ planned: 4, sent: 0, expired: 4 });
    const requests = await seed.requestsFor(await seed.messages(id));
    expect(requests.filter(({ at, accepted }) => accepted || at > Date.parse(endsAt))).toEqual([]);
  });
});

describe('Основное задание: спроектировать и реализовать API для', () => {
  const change = async <Value>(query: string, variables: Record<string, unknown>): Promise<Value> =>
    told(await seed.as.graphql<Record<string, Value>>(query, variables));

  it('добавления нового клиента в справочник со всеми его атрибутами', async () => {
    const attributes = { phone: '79991234567', operatorCode: '999', tag: 'vip', timezone: 'Asia/Vladivostok' };
    const added = await seed.addClient(attributes);
    expect(added).toEqual({ id: expect.stringMatching(/^\d+$/), ...attributes });
    expect(await seed.client(added.id)).toEqual(added);
  });

  it('обновления данных атрибутов клиента', async () => {
    const { id } = await seed.addClient();
    const attributes = { phone: '79997654321', operatorCode: '901', tag: 'new', timezone: 'Europe/Samara' };
    await change('mutation ($id: ID!, $input: UpdateClientInput!) { updateClient(id: $id, input: $input) { id } }', {
      id,
      input: attributes,
    });
    expect(await seed.client(id)).toEqual({ id, ...attributes });
  });

  it('удаления клиента из справочника', async () => {
    const { id } = await seed.addClient();
    expect(await change('mutation ($id: ID!) { deleteClient(id: $id) }', { id })).toBe(true);
    expect(await seed.client(id)).toBeNull();
  });

  it('добавления новой рассылки со всеми её атрибутами', async () => {
    const attributes = {
      startsAt: '2096-01-01T06:00:00.000Z',
      text: 'Текст сообщения для доставки клиенту',
      filter: { operatorCodes: ['900', '901'], tags: ['vip'] },
      endsAt: '2096-01-08T18:00:00.000Z',
      window: { from: '09:00', to: '21:00', days: null },
    };
    const added = await mailing(attributes);
    expect(added).toMatchObject({ id: expect.stringMatching(/^\d+$/), status: 'SCHEDULED', ...attributes });
    expect(await seed.mailing(added.id)).toEqual(added);
  });

  it('получения общей статистики по созданным рассылкам и количеству отправленных сообщений по ним с группировкой по статусам', async () => {
    interface Overview {
      readonly mailings: number;
      readonly messages: number;
      readonly byMailingStatus: readonly { status: string; count: number }[];
      readonly byMessageStatus: readonly { status: string; count: number }[];
    }
    const ask = () =>
      change<Overview>(
        '{ mailingOverview { mailings messages byMailingStatus { status count } byMessageStatus { status count } } }',
        {},
      );
    const countOf = (list: Overview['byMessageStatus'], status: string): number =>
      list.find((one) => one.status === status)?.count ?? 0;
    const running = async () => countOf((await ask()).byMailingStatus, 'RUNNING');
    await until(async () => (await running()) === 0, 20_000, 'the mailings of other tests are over');
    const before = await ask();
    const { tag, people } = await seed.addClients(4);
    const [refused] = people;
    await change('mutation ($phone: String!) { suppress(phone: $phone, channels: [MESSAGE]) { id } }', {
      phone: refused?.phone,
    });
    const { id } = await mailing({ filter: { tags: [tag] } });
    await mailing({ startsAt: fromNow(3_000), filter: { tags: [tag] } });
    await seed.until(id, ({ status, stats }) => stats.sent === 3 && status === 'COMPLETED');
    const after = await ask();
    expect([after.mailings - before.mailings, after.messages - before.messages]).toEqual([2, 4]);
    for (const [status, more] of Object.entries({ SENT: 3, SUPPRESSED: 1, FAILED: 0 })) {
      const grown = countOf(after.byMessageStatus, status) - countOf(before.byMessageStatus, status);
      expect([status, grown]).toEqual([status, more]);
    }
    for (const status of ['COMPLETED', 'SCHEDULED'])
      expect(countOf(after.byMailingStatus, status) - countOf(before.byMailingStatus, status)).toBe(1);
  });

  it('получения детальной статистики отправленных сообщений по конкретной рассылке', async () => {
    const { tag, people } = await seed.addClients(3);
    const { id } = await mailing({ text: 'Подробно', filter: { tags: [tag] } });
    const { stats } = await seed.allSent(id, 3);
    expect(stats).toMatchObject({ planned: 3, sent: 3, queued: 0, sending: 0, failed: 0, expired: 0, attempts: 3 });
    const messages = await seed.messages(id);
    expect(messages.map(({ phone }) => phone).sort()).toEqual(people.map(({ phone }) => phone).sort());
    for (const message of messages) expect(message).toMatchObject({ status: 'SENT', text: 'Подробно' });
    const legacy = (await (await seed.as.fetch(`/api/mails/${id}`)).json()) as { statistics: object };
    expect(legacy.statistics).toMatchObject({ 'Total messages': 3, Sent: 3, 'No sent': 0 });
  });

  it('обновления атрибутов рассылки', async () => {
    const { id } = await mailing({ startsAt: fromNow(3_000) });
    const attributes = {
      startsAt: '2096-02-01T06:00:00.000Z',
      endsAt: '2096-02-08T18:00:00.000Z',
      text: 'Другой текст',
      filter: { operatorCodes: ['905'], tags: [] },
      window: { from: '22:00', to: '06:00', days: ['MON', 'SUN'] },
    };
    await change('mutation ($id: ID!, $input: UpdateMailingInput!) { updateMailing(id: $id, input: $input) { id } }', {
      id,
      input: attributes,
    });
    expect(await seed.mailing(id)).toMatchObject({ id, ...attributes });
  });

  it('удаления рассылки', async () => {
    const { id } = await mailing({ startsAt: fromNow(3_000) });
    expect(await change('mutation ($id: ID!) { deleteMailing(id: $id) }', { id })).toBe(true);
    expect((await seed.as.graphql('query ($id: ID!) { mailing(id: $id) { id } }', { id })).data).toEqual({
      mailing: null,
    });
  });

  it('обработки активных рассылок и отправки сообщений клиентам', async () => {
    const { tag } = await seed.addClients(5);
    const active = await Promise.all([1, 2, 3].map((n) => mailing({ text: `№ ${n}`, filter: { tags: [tag] } })));
    for (const { id } of active)
      await seed.until(id, ({ status, stats }) => status === 'COMPLETED' && stats.sent === 5);
    const messages = (await Promise.all(active.map(({ id }) => seed.messages(id)))).flat();
    const accepted = (await seed.requestsFor(messages)).filter((request) => request.accepted);
    expect(accepted.map(({ id }) => String(id)).sort()).toEqual(messages.map(({ id }) => id).sort());
  });
});
