// The routes of the old mailing server, asked as its clients ask them.
import { randomInt } from 'node:crypto';
import type { Client, TestServer } from './server.js';

export type Fields = Record<string, unknown>;

export interface LegacyRow extends Fields {
  readonly id: number;
}

export interface LegacyAnswer {
  readonly status: number;
  readonly body: unknown;
}

export const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export const form = (method: string, fields: Record<string, string>): RequestInit => ({
  method,
  body: new URLSearchParams(fields),
});

/** As `fetch` sends FormData. */
export function multipart(method: string, fields: Record<string, string>): RequestInit {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return { method, body };
}

export const someNumber = (): string => `79${String(randomInt(1e9)).padStart(9, '0')}`;

/** A moment so many hours from now. */
export const ahead = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();

export const notFound: LegacyAnswer = { status: 404, body: { detail: 'Not found.' } };

/** Ids under which nothing can be. */
export const impossibleIds = [
  '0',
  '-1',
  '9223372036854775807',
  '9223372036854775808',
  'abc',
  '1.5',
  '1;drop',
  '%00',
  'full%20',
  '٣',
];

export class LegacyApi {
  constructor(
    private readonly server: TestServer,
    readonly as: Client,
  ) {}

  async answer(path: string, init: RequestInit = {}, as = this.as): Promise<LegacyAnswer> {
    const response = await as.fetch(path, init);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    return { status: response.status, body: await response.json() };
  }

  async get<Body>(path: string, as = this.as): Promise<Body> {
    const { status, body } = await this.answer(path, {}, as);
    expect(status).toBe(200);
    return body as Body;
  }

  async newClient(fields: Fields = {}): Promise<LegacyRow> {
    const { status, body } = await this.answer('/api/create/client', json('POST', { number: someNumber(), ...fields }));
    expect([status, body]).toEqual([200, body]);
    return body as LegacyRow;
  }

  /** Of tomorrow, where nothing else is said. */
  async newMailing(fields: Fields = {}): Promise<LegacyRow> {
    const wanted = { start_day: ahead(24), end_day: ahead(48), body: 'Добрый день', ...fields };
    const { status, body } = await this.answer('/api/create/mailing', json('POST', wanted));
    expect([status, body]).toEqual([200, body]);
    return body as LegacyRow;
  }

  update(mailing: LegacyRow, fields: Fields): Promise<LegacyAnswer> {
    return this.answer(`/api/update/mailing/${mailing.id}`, json('PUT', fields));
  }

  /** Messages of one mailing as the queue would leave them. */
  async putMessages(mailingId: number, statuses: Record<string, number>): Promise<void> {
    const all = Object.entries(statuses).flatMap(([status, count]) => Array<string>(count).fill(status));
    await this.server.database.query(
      `insert into message (mailing_id, client_id, next_at, zone, status, phone)
       select $1, 1000000 + n, case status when 'SENDING' then 'infinity' when 'QUEUED' then now() end, 1,
         case when status = 'SENDING' then 'QUEUED' else status end, '79000000000' from unnest($2::text[]) with ordinality as s (status, n)`,
      [mailingId, all],
    );
    const sums = Object.entries(statuses).map(([status, count]) => `${status.toLowerCase()} = ${count}`);
    await this.server.database.query(`update mailing set planned = $2, ${sums.join(', ')} where id = $1`, [
      mailingId,
      all.length,
    ]);
  }
}
