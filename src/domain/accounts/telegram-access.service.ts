// Who may use the Telegram bot: grants, requests for one, and the codes that tie a Telegram account to a person.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { signedIn } from '../../auth/viewer.js';
import type { GrantSource } from '../../entities/account.enums.js';
import { minutes } from '../../shared/clock.js';
import { sha256 } from '../../shared/crypto.js';
import { conflict, Failure, notFound } from '../../shared/errors.js';
import { violates } from '../constraints.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Transaction, Work } from '../work.js';
import { futureField, noteField, telegramIdField } from './inputs.js';

export interface TelegramAccessPorts {
  /** The bot's name in Telegram, asked of Telegram itself; fails as UNAVAILABLE where no bot is configured. */
  readonly botUsername: () => Promise<string>;
}

export interface GrantRow {
  id: string;
  telegramId: string;
  username: string | null;
  note: string | null;
  dailyLimit: number | null;
  expiresAt: Date | null;
  source: GrantSource;
  createdAt: Date;
}

export interface AccessRequestRow {
  id: string;
  telegramId: string;
  username: string | null;
  createdAt: Date;
}

export interface TelegramLinkOffer {
  readonly url: string;
  readonly code: string;
  readonly expiresAt: Date;
}

interface NewGrant {
  readonly telegramId: string;
  readonly username: string | null;
  readonly source: GrantSource;
  readonly note?: string | null | undefined;
  readonly dailyLimit?: number | null | undefined;
  readonly expiresAt?: Date | null | undefined;
}

export const grantInput = z.strictObject({
  telegramId: telegramIdField,
  note: noteField.nullish(),
  dailyLimit: z.int().min(1, 'expected at least 1').max(100_000).nullish(),
  expiresAt: futureField.nullish(),
});

const grantColumns = `id, telegram_id as "telegramId", username, note, daily_limit as "dailyLimit", expires_at as "expiresAt",
  source, created_at as "createdAt"`;
const linkLifetime = minutes(15);

export class TelegramAccessService {
  constructor(
    private readonly work: Work,
    private readonly ports: TelegramAccessPorts,
  ) {}

  grants(args: PageArgs): Promise<Page<GrantRow>> {
    return pageOf<GrantRow>(
      this.work,
      { select: grantColumns, from: 'telegram_grant', key: [['id', 'bigint']], direction: 'desc' },
      args,
    );
  }

  requests(): Promise<AccessRequestRow[]> {
    return this.work.rows<AccessRequestRow>(
      `select id, telegram_id as "telegramId", username, created_at as "createdAt" from telegram_access_request order by id`,
    );
  }

  /** A second grant for the same account replaces the first. It answers an open request of that account, too. */
  grant(input: z.input<typeof grantInput>): Promise<GrantRow> {
    const wanted = parseInput(grantInput, input);
    return this.work.write(async (tx) => {
      const [request] = await tx.rows<{ username: string | null }>(
        'delete from telegram_access_request where telegram_id = $1 returning username',
        [wanted.telegramId],
      );
      return this.#keep(tx, { ...wanted, username: request?.username ?? null, source: 'ADMIN' });
    });
  }

  async revoke(id: string): Promise<void> {
    await this.work.write(async (tx) => {
      const [gone] = isId(id) ? await tx.rows('delete from telegram_grant where id = $1 returning id', [id]) : [];
      if (!gone) throw notFound('The grant');
      tx.audit('revokeTelegramAccess', `grant:${id}`);
    });
  }

  async resolveRequest(id: string, grant: boolean): Promise<void> {
    await this.work.write(async (tx) => {
      const [request] = isId(id)
        ? await tx.rows<{ telegramId: string; username: string | null }>(
            'delete from telegram_access_request where id = $1 returning telegram_id as "telegramId", username',
            [id],
          )
        : [];
      if (!request) throw notFound('The request');
      if (grant) await this.#keep(tx, { ...request, source: 'REQUEST' });
      else tx.audit('refuseTelegramAccess', `request:${id}`);
    });
  }

  /** Asked in the bot by somebody who is not let in yet; asking twice is one request. */
  async request(telegramId: string, username: string | null): Promise<void> {
    const id = parseInput(telegramIdField, telegramId);
    await this.work.write((tx) =>
      tx.rows(
        `insert into telegram_access_request (telegram_id, username) values ($1, $2)
         on conflict (telegram_id) do update set username = excluded.username`,
        [id, username],
      ),
    );
  }

  /** A new code replaces an older one: only the last link works. */
  async offerLink(): Promise<TelegramLinkOffer> {
    const { personId } = signedIn(this.work.viewer);
    const bot = await this.ports.botUsername();
    const code = randomBytes(24).toString('base64url');
    const expiresAt = new Date(this.work.now().getTime() + linkLifetime);
    await this.work.write(async (tx) => {
      await tx.rows(
        `insert into telegram_link_code (hash, person_id, expires_at) values ($1, $2, $3)
         on conflict (person_id) do update set hash = excluded.hash, expires_at = excluded.expires_at`,
        [sha256(code), personId, expiresAt],
      );
      tx.audit('linkTelegram', `person:${personId}`);
    });
    return { url: `https://t.me/${bot}?start=${code}`, code, expiresAt };
  }

  /** What the bot does with `/start <code>`; the code works once. */
  async redeemLink(code: string, telegramId: string): Promise<void> {
    const id = parseInput(telegramIdField, telegramId);
    const redeemed = this.work.write(async (tx) => {
      const [offer] = await tx.rows<{ personId: string }>(
        'delete from telegram_link_code where hash = $1 and expires_at > now() returning person_id as "personId"',
        [sha256(code)],
      );
      if (!offer)
        throw new Failure('NOT_FOUND', 'This link is out of date or was used. Ask for a new one in the dashboard.');
      await tx.rows('update person set telegram_id = $2 where id = $1', [offer.personId, id]);
      tx.audit('redeemTelegramLink', `person:${offer.personId}`);
    });
    await redeemed.catch((error: unknown) => {
      throw violates(error, 'person_telegram_id_unique')
        ? conflict('This Telegram account is tied to another person.', 'DUPLICATE_TELEGRAM_ID')
        : error;
    });
  }

  async unlink(): Promise<void> {
    const { personId } = signedIn(this.work.viewer);
    await this.work.write(async (tx) => {
      await tx.rows('update person set telegram_id = null where id = $1', [personId]);
      await tx.rows('delete from telegram_link_code where person_id = $1', [personId]);
      tx.audit('unlinkTelegram', `person:${personId}`);
    });
  }

  async #keep(tx: Transaction, grant: NewGrant): Promise<GrantRow> {
    const [row] = await tx.rows<GrantRow>(
      `insert into telegram_grant (telegram_id, username, note, daily_limit, expires_at, source) values ($1, $2, $3, $4, $5, $6)
       on conflict (telegram_id) do update set username = coalesce(excluded.username, telegram_grant.username), note = excluded.note,
         daily_limit = excluded.daily_limit, expires_at = excluded.expires_at, source = excluded.source
       returning ${grantColumns}`,
      [
        grant.telegramId,
        grant.username ?? null,
        grant.note ?? null,
        grant.dailyLimit ?? null,
        grant.expiresAt ?? null,
        grant.source,
      ],
    );
    if (!row) throw new Error('an insert without a row');
    tx.audit('grantTelegramAccess', `grant:${row.id}`);
    return row;
  }
}
