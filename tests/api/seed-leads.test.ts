// The assignment that leads grew from, sentence by sentence in its own words: one table of cases, asked over REST and over
// GraphQL.
import { createHash } from 'node:crypto';
import {
  type Fault,
  type LeadDoor,
  leadDoors,
  newAddress,
  newPerson,
  type Outcome,
  stranger,
} from '../support/lead-doors.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let staff: Client;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.token('LEADS_WRITE', 'LEADS_READ');
});
afterAll(() => server.close());

interface StoredRow {
  readonly sealed_key: string;
  readonly email: string;
  readonly phone: string;
  readonly name: string;
  readonly ip: string;
  readonly digests: string[];
}

async function rows(): Promise<StoredRow[]> {
  return server.database.query<StoredRow>(
    `select sealed_key, email, phone, name, host(ip_address) as ip, array[email_a, phone_a, domain_a, last_four_a] as digests
     from lead order by id`,
  );
}

const count = async (): Promise<number> => (await rows()).length;
const paths = ({ faults = [] }: Outcome): string[] => [...new Set(faults.map(({ path }) => path))].sort();

/** Refused, with these fields at fault; and nothing of it is kept. */
async function expectInvalid(door: LeadDoor, input: object, ...fields: string[]): Promise<void> {
  const before = await count();
  const outcome = await door.create(stranger(server), input);
  expect([input, outcome.as, paths(outcome)]).toEqual([input, 'INVALID', fields.sort()]);
  expect(await count()).toBe(before);
}

async function expectDuplicate(outcome: Promise<Outcome>, ...reasons: string[]): Promise<void> {
  const before = await count();
  const { as, reasons: told, text } = await outcome;
  expect([as, [...(told ?? [])].sort()]).toEqual(['DUPLICATE', reasons.sort()]);
  expect(text).not.toMatch(/"id"|Person \d|@example|\+7900|198\./);
  expect(await count()).toBe(before);
}

async function taken(door: LeadDoor, input: object, as = stranger(server)) {
  const outcome = await door.create(as, input);
  if (!outcome.lead) throw new Error(outcome.text);
  return outcome.lead;
}

/** While the work runs, every statement ends like this. */
async function whileDatabaseSays<T>(error: Error, work: () => Promise<T>): Promise<T> {
  const { pool } = server.app.parts.database;
  Reflect.set(pool, 'query', () => Promise.reject(error));
  return work().finally(() => Reflect.deleteProperty(pool, 'query'));
}

const longEmail = `anna@${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(54)}.com`;
const wrongEmails = [
  '',
  ' ',
  'a@',
  'a@b',
  '@example.com',
  'anna.example.com',
  'a@b@example.com',
  'an na@example.com',
  longEmail,
];
const wrongPhones = [
  '',
  ' ',
  'phone',
  '123',
  '+7900123456',
  '+790012345678',
  '+79001234567a',
  '+999 123 45 67',
  '9'.repeat(60),
];

describe.each(leadDoors.map((door, place) => ({ door, other: leadDoors.at(place - 1) ?? door, name: door.name })))(
  '$name',
  ({ door, other }) => {
    describe('Проектирование схемы базы данных', () => {
      it('Данные о клиентах должны включать как минимум следующие поля: id, имя, электронная почта, телефон, IP-адрес и временная метка', async () => {
        const [input, ipAddress] = [newPerson(), newAddress()];
        const begun = Date.now();
        const { createdAt, ...lead } = await taken(door, input, stranger(server, ipAddress));
        expect(lead).toEqual({ ...input, id: expect.stringMatching(/^\d+$/), ipAddress });
        expect(Math.abs(Date.parse(createdAt) - begun)).toBeLessThan(30_000);
      });
    });

    describe('Реализация API', () => {
      it('API должно быть способно обрабатывать несколько одновременных запросов', async () => {
        const before = await count();
        const leads = await Promise.all(Array.from({ length: 40 }, () => taken(door, newPerson())));
        expect(new Set(leads.map(({ id }) => id)).size).toBe(40);
        expect(await count()).toBe(before + 40);
      });
    });

    describe('Валидация данных', () => {
      it('Поле электронной почты должно быть валидным форматом электронной почты', async () => {
        expect(longEmail).toHaveLength(255);
        for (const email of wrongEmails) await expectInvalid(door, { ...newPerson(), email }, 'email');
        const tag = door.name.toLowerCase();
        for (const [email, canonical] of [
          [`a+${tag}@xn--e1afmkfd.xn--p1ai`, `a+${tag}@xn--e1afmkfd.xn--p1ai`],
          [` B.${door.name}@Example.COM `, `b.${tag}@example.com`],
          [`c+${tag}@пример.рф`, `c+${tag}@xn--e1afmkfd.xn--p1ai`],
        ])
          expect((await taken(door, { ...newPerson(), email })).email).toBe(canonical);
      });

      it('Поле телефона должно быть валидным форматом номера телефона', async () => {
        for (const phone of wrongPhones) await expectInvalid(door, { ...newPerson(), phone }, 'phone');
        const { phone } = newPerson();
        const spelling = `8 (${phone.slice(2, 5)}) ${phone.slice(5, 8)}-${phone.slice(8, 10)}-${phone.slice(10)}`;
        expect((await taken(door, { ...newPerson(), phone: spelling })).phone).toBe(phone);
      });

      it('Поле IP-адреса должно быть уникальным. Если для нескольких клиентов используется один и тот же IP-адрес, должен быть принят только первый клиент с таким IP-адресом', async () => {
        const [address, person] = [newAddress(), newPerson()];
        await taken(other, person, stranger(server, address));
        const [first] = (await rows()).slice(-1);
        await expectDuplicate(door.create(stranger(server, address), newPerson()), 'DUPLICATE_IP');
        await expectDuplicate(door.create(stranger(server, `::ffff:${address}`), newPerson()), 'DUPLICATE_IP');
        await expectDuplicate(door.create(staff, { ...newPerson(), ipAddress: address }), 'DUPLICATE_IP');
        expect((await rows()).at(-1)).toEqual(first);
        await taken(door, newPerson());
      });

      it('Проверьте, существует ли клиент уже в базе данных. Клиент считается дубликатом, если поле электронной почты или телефона совпадает с существующим клиентом', async () => {
        const [known, address] = [newPerson(), newAddress()];
        await taken(other, known, stranger(server, address));
        const { email, phone } = known;
        const eight = `8${phone.slice(2)}`;
        const create = (input: object, from?: string) =>
          door.create(stranger(server, from), { ...newPerson(), ...input });
        await expectDuplicate(create({ email }), 'DUPLICATE_EMAIL');
        await expectDuplicate(create({ email: ` ${email.toUpperCase()} ` }), 'DUPLICATE_EMAIL');
        await expectDuplicate(create({ phone }), 'DUPLICATE_PHONE');
        await expectDuplicate(create({ phone: eight }), 'DUPLICATE_PHONE');
        await expectDuplicate(create({ email, phone: eight }), 'DUPLICATE_EMAIL', 'DUPLICATE_PHONE');
        await expectDuplicate(create({ email }, address), 'DUPLICATE_EMAIL', 'DUPLICATE_IP');
        await expectDuplicate(create(known, address), 'DUPLICATE_EMAIL', 'DUPLICATE_IP', 'DUPLICATE_PHONE');
      });
    });

    describe('Обработка ошибок', () => {
      const away = Object.assign(new Error('secret of the database'), { code: '57P01' });

      it('API должно возвращать содержательные сообщения об ошибках, если данные клиента недействительны', async () => {
        await expectInvalid(door, { name: ' ', email: 'a@', phone: '12' }, 'name', 'email', 'phone');
        await expectInvalid(door, {}, 'name', 'email', 'phone');
        await expectInvalid(door, { ...newPerson(), name: null }, 'name');
        await expectInvalid(door, { ...newPerson(), name: 'n'.repeat(201), email: 'a@b' }, 'name', 'email');
        await expectInvalid(door, { ...newPerson(), name: 'An\0na' }, 'name');
        await expectInvalid(door, { ...newPerson(), email: 7, phone: [] }, 'email', 'phone');
        await expectInvalid(door, { ...newPerson(), ipAddress: '300.1.1.1' }, 'ipAddress');
        const { faults = [], text } = await door.create(stranger(server), {
          name: 'Anna',
          email: 'planted@',
          phone: '8900',
        });
        const message = (path: string) => faults.find((fault: Fault) => fault.path === path)?.message;
        expect([message('email'), message('phone')]).toEqual([
          expect.stringMatching(/\w{3}/),
          expect.stringMatching(/\w{3}/),
        ]);
        expect(text).not.toContain('planted');
      });

      it('или произошла ошибка при их обработке', async () => {
        const [input, address, before] = [newPerson(), newAddress(), await count()];
        const create = () => door.create(stranger(server, address), input);
        const unavailable = await whileDatabaseSays(away, create);
        expect(unavailable).toMatchObject({ as: 'UNAVAILABLE', text: expect.not.stringContaining('secret') });
        const broken = await whileDatabaseSays(new Error('secret of the code'), create);
        expect(broken).toMatchObject({ as: 'INTERNAL', text: expect.not.stringContaining('secret') });
        expect(await count()).toBe(before);
        // The very same can be sent again.
        expect(await create()).toMatchObject({ as: 'STORED', lead: { ipAddress: address } });
      });
    });

    describe('Безопасность и шифрование', () => {
      it('ограничение количества запросов', async () => {
        const [address, { email }] = [newAddress(), await taken(other, newPerson())];
        const attempt = () => door.create(stranger(server, address), { ...newPerson(), email });
        for (let n = 1; n <= 10; n++) expect([n, (await attempt()).as]).toEqual([n, 'DUPLICATE']);
        const limited = await attempt();
        expect(limited.as).toBe('LIMITED');
        expect(limited.retryAfter).toBeGreaterThan(0);
        expect(limited.retryAfter).toBeLessThanOrEqual(60);
        // Who is limited at one door is at the other, and nobody else is.
        expect((await other.create(stranger(server, address), newPerson())).as).toBe('LIMITED');
        await taken(door, newPerson());
      });

      it('блокировка IP-адресов', async () => {
        const block = 'mutation ($cidr: String!) { blockIp(cidr: $cidr, reason: "seed") { id } }';
        const network = door.name === 'REST' ? '203.0.113' : '192.0.2';
        const { data, errors } = await server.admin.graphql<{ blockIp: { id: string } }>(block, {
          cidr: `${network}.0/25`,
        });
        if (!data) throw new Error(JSON.stringify(errors));
        let host = 0;
        // From another address each time, so that no limit is met meanwhile.
        const attempt = async (input: object) => {
          host = (host % 127) + 1;
          return (await door.create(stranger(server, `${network}.${host}`), { ...newPerson(), ...input })).as;
        };
        const invalid = () => attempt({ email: '' });
        await until(async () => (await invalid()) === 'BLOCKED', 10_000, 'the block is known');
        expect(await attempt({})).toBe('BLOCKED');
        await taken(door, newPerson(), stranger(server, `${network}.200`));
        await server.admin.graphql('mutation ($id: ID!) { unblockIp(id: $id) }', { id: data.blockIp.id });
        await until(async () => (await invalid()) === 'INVALID', 10_000, 'the block is lifted');
        expect(await attempt({})).toBe('STORED');
      });

      it('Поля электронной почты и телефона должны быть зашифрованы перед сохранением их в базе данных', async () => {
        const { pool } = server.app.parts.database;
        const query = pool.query.bind(pool) as (...given: unknown[]) => unknown;
        const sent: unknown[] = [];
        Reflect.set(pool, 'query', (...given: unknown[]) => {
          sent.push(given);
          return query(...given);
        });
        const input = newPerson();
        const lead = await taken(door, input).finally(() => Reflect.deleteProperty(pool, 'query'));
        const wire = sent.map((given) => JSON.stringify(given, binaryAsText)).join('\n');
        expect(wire).toContain(input.name);
        const plain = [input.email, input.email.split('@')[0] ?? '', input.phone, input.phone.slice(1)];
        for (const value of plain) expect(wire).not.toContain(value);
        const stored = (await rows()).find(({ name }) => name === input.name);
        for (const value of [...plain, ...plain.map((one) => Buffer.from(one).toString('base64url').slice(0, -2))])
          expect(JSON.stringify(stored, binaryAsText)).not.toContain(value);
        expect(stored?.email).toMatch(/^v1\.own\./);
        expect(stored?.phone).toMatch(/^v1\.own\./);
        // Without the keys nobody can try numbers one after another.
        const bare = createHash('sha256').update(input.phone).digest('hex');
        expect(JSON.stringify(stored)).not.toContain(bare);
        const read = await staff.graphql('query ($id: ID!) { lead(id: $id) { name email phone } }', { id: lead.id });
        expect(read.data).toEqual({ lead: input });
      });
    });
  },
);

/** Bytes as they would look if they held text. */
function binaryAsText(_key: string, value: unknown): unknown {
  const isBuffer = typeof value === 'object' && value !== null && Reflect.get(value, 'type') === 'Buffer';
  return isBuffer ? Buffer.from(Reflect.get(value, 'data') as number[]).toString('latin1') : value;
}
