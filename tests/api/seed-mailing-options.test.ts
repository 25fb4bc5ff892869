// The points that the mailing service's assignment left to choice, in its own words; all but the web UI.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { DateTime } from 'luxon';
import { readCompose } from '../support/compose.js';
import { createMailing } from '../support/mailings.js';
import { until } from '../support/program.js';
import { fromNow, SeedMailing } from '../support/seed-mailing.js';

let seed: SeedMailing;
beforeAll(async () => {
  seed = await SeedMailing.open();
});
beforeEach(() => seed.gateway.setMood({ mode: 'ok' }));
afterAll(() => seed.close());

const mailing = (input: object) => createMailing(seed.as, input);

describe('Дополнительные задания', () => {
  it('1. организовать тестирование написанного кода', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    expect(scripts.test).toContain('jest');
    expect(globSync('tests/**/*.test.ts').filter((path) => path.includes('mailing')).length).toBeGreaterThan(1);
  });

  it('2. подготовить docker-compose для запуска всех сервисов проекта одной командой', () => {
    expect(existsSync('Dockerfile')).toBe(true);
    const { services } = readCompose();
    expect(Object.keys(services)).toEqual(expect.arrayContaining(['web', 'worker', 'postgres', 'mongo', 'redis']));
    // Nothing has to be set for `docker compose up`.
    for (const { environment } of Object.values(services))
      expect(JSON.stringify(environment ?? {})).not.toContain('${');
  });

  it('3. сделать так, чтобы по адресу /docs/ открывалась страница со Swagger UI и в нём отображалось описание разработанного API', async () => {
    const page = await seed.server.nobody.fetch('/docs/');
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('swagger-ui')]);
    const { paths } = (await (await seed.server.nobody.fetch('/openapi.json')).json()) as {
      paths: Record<string, object>;
    };
    expect(paths).toMatchObject({
      '/api/create/client': { post: expect.anything() },
      '/api/update/client/{pk}': { put: expect.anything() },
      '/api/delete/client/{pk}': { delete: expect.anything() },
      '/api/create/mailing': { post: expect.anything() },
      '/api/mails/full': { get: expect.anything() },
      '/api/mails/{pk}': { get: expect.anything() },
      '/api/v1/clients': { get: expect.anything(), post: expect.anything() },
      '/api/v1/mailings': { get: expect.anything(), post: expect.anything() },
      '/api/v1/mailings/stats': { get: expect.anything() },
      '/api/v1/mailings/{id}/messages': { get: expect.anything() },
    });
  });

  it('5. удаленный сервис может быть недоступен, долго отвечать на запросы или выдавать некорректные ответы. Необходимо организовать обработку ошибок и откладывание запросов при неуспехе для последующей повторной отправки. Задержки в работе внешнего сервиса никак не должны оказывать влияние на работу сервиса рассылок', async () => {
    const { tag } = await seed.addClients(3);
    await seed.gateway.setMood({ mode: '5xx' });
    const { id } = await mailing({ filter: { tags: [tag] } });
    let put: string[] = [];
    await until(
      async () => {
        const messages = await seed.messages(id);
        put = messages
          .filter(({ status, attempts, nextAttemptAt }) => status === 'QUEUED' && attempts > 0 && nextAttemptAt)
          .map((one) => one.id);
        return put.length > 0;
      },
      20_000,
      'a message is put off',
    );
    await seed.gateway.setMood({ mode: 'ok' });
    await seed.allSent(id, 3);
    const messages = await seed.messages(id);
    // Under the id that it had, however often it was tried.
    expect(messages.map((one) => one.id)).toEqual(expect.arrayContaining(put));
    const requests = await seed.requestsFor(messages);
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.filter(({ accepted }) => accepted)).toHaveLength(3);
    await seed.gateway.setMood({ mode: 'mixed', errors: 0.15, hangs: 0.1, garbage: 0.1, resets: 0.05, seed: 7 });
    const other = await mailing({ filter: { tags: [tag] } });
    await seed.allSent(other.id, 3);
  });

  it('6. добавить в сущность "рассылка" поле "временной интервал". Не отправлять клиенту сообщение, если его локальное время не входит в указанный интервал', async () => {
    const { tag } = await seed.addClients(0);
    const inside = await seed.addClient({ tag, timezone: 'Asia/Tokyo' });
    const outside = await seed.addClient({ tag, timezone: 'America/New_York' });
    const tokyo = DateTime.now().setZone('Asia/Tokyo');
    const window = {
      from: tokyo.minus({ hours: 1 }).toFormat('HH:mm'),
      to: tokyo.plus({ hours: 1 }).toFormat('HH:mm'),
    };
    const { id } = await mailing({ filter: { tags: [tag] }, endsAt: fromNow(2 * 86_400), window });
    await seed.until(id, ({ stats }) => stats.planned === 2 && stats.sent === 1);
    const statuses = async () =>
      Object.fromEntries((await seed.messages(id)).map(({ client, status }) => [client.id, status]));
    expect(await statuses()).toEqual({ [inside.id]: 'SENT', [outside.id]: 'QUEUED' });
    const why = await seed.as.graphql<{ explainRecipient: { verdict: string; windowOpen: boolean } }>(
      'query ($mailingId: ID!, $clientId: ID!) { explainRecipient(mailingId: $mailingId, clientId: $clientId) { verdict windowOpen } }',
      { mailingId: id, clientId: outside.id },
    );
    expect(why.data?.explainRecipient).toEqual({ verdict: 'OUTSIDE_WINDOW', windowOpen: false });
    // Whoever moves to where it is the right time is sent to.
    await seed.as.graphql('mutation ($id: ID!) { updateClient(id: $id, input: { timezone: "Asia/Tokyo" }) { id } }', {
      id: outside.id,
    });
    await seed.allSent(id, 2);
  });
});
