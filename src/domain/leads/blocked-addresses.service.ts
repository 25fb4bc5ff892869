// Addresses that nothing is answered to: said by an admin, or found out by the server itself.
import { rangeCovers } from '../../shared/address-ranges.js';
import { conflict, notFound } from '../../shared/errors.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Work } from '../work.js';
import type { AddressBlocks } from './address-blocks.js';
import { type BlockAddressInput, blockAddressInput } from './blocked-address.inputs.js';

export interface BlockedAddressPorts {
  readonly addressBlocks: AddressBlocks;
}

export interface BlockedAddressRow {
  id: string;
  cidr: string;
  reason: string;
  automatic: boolean;
  hits: number;
  expiresAt: Date | null;
  createdAt: Date;
}

/** From `blocked_ip b`. */
const columns =
  'b.id, b.cidr::text, b.reason, b.automatic, b.hits, b.expires_at as "expiresAt", b.created_at as "createdAt"';

export class BlockedAddressService {
  constructor(
    private readonly work: Work,
    private readonly ports: BlockedAddressPorts,
  ) {}

  /** Those that are turned away now, newest first. */
  list(args: PageArgs): Promise<Page<BlockedAddressRow>> {
    const where = ['(b.expires_at is null or b.expires_at > now())'];
    return pageOf<BlockedAddressRow>(
      this.work,
      { select: columns, from: 'blocked_ip b', where, key: [['b.id', 'bigint']], direction: 'desc' },
      args,
    );
  }

  /** Of a range that is blocked already the last word counts. Here at once, in other processes within seconds. */
  async block(input: BlockAddressInput): Promise<BlockedAddressRow> {
    const { cidr, reason, expiresAt } = parseInput(blockAddressInput, input);
    if (rangeCovers(cidr, this.work.viewer.origin.address))
      throw conflict('Your own address is in this range: you would lock yourself out.', 'OWN_ADDRESS');
    const row = await this.work.write(async (tx) => {
      await tx.rows('delete from blocked_ip where cidr = $1::cidr and expires_at <= now()', [cidr]);
      const [blocked] = await tx.rows<BlockedAddressRow>(
        `insert into blocked_ip as b (cidr, reason, expires_at) values ($1::cidr, $2, $3)
         on conflict (cidr) do update set reason = excluded.reason, expires_at = excluded.expires_at, automatic = false
         returning ${columns}`,
        [cidr, reason, expiresAt ?? null],
      );
      if (!blocked) throw notFound('The block');
      tx.audit('blockIp', `blockedIp:${blocked.id}`, { changed: ['cidr', 'reason', 'expiresAt'] });
      return blocked;
    });
    await this.ports.addressBlocks.reload();
    return row;
  }

  async unblock(id: string): Promise<void> {
    await this.work.write(async (tx) => {
      const [gone] = isId(id) ? await tx.rows('delete from blocked_ip where id = $1 returning id', [id]) : [];
      if (!gone) throw notFound('The block');
      tx.audit('unblockIp', `blockedIp:${id}`);
    });
    await this.ports.addressBlocks.reload();
  }
}
