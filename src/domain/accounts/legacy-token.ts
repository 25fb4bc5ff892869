// LEGACY_IMEI_TOKEN, which old clients hold already: an API token of the first ADMIN, in the list with the others, revocable there.
import { sha256 } from '../../shared/crypto.js';
import type { Work } from '../work.js';

/**
 * In the place of the first letters, and no made token has it: what was taken over before goes when the setting changes. imei_payer()
 * in the database knows it too.
 */
const mark = 'LEGACY_IMEI_TOKEN';

export async function takeOverLegacyToken(work: Work, token: string | undefined): Promise<void> {
  const hash = token === undefined ? null : sha256(token);
  await work.write(async (tx) => {
    await tx.rows(
      `update token set revoked_at = now() where kind = 'api' and prefix = $1 and revoked_at is null and hash is distinct from $2`,
      [mark, hash],
    );
    if (!hash) return;
    // One that was revoked stays so. The first ADMIN may be another one than at the last start.
    await tx.rows(
      `insert into token (kind, hash, person_id, name, prefix, scopes)
       select 'api', $2, id, 'Old clients of /api/check-imei', $1, '{IMEI_CHECK}' from person
       where role = 'ADMIN' and disabled_at is null order by id limit 1
       on conflict (hash) do update set person_id = excluded.person_id where token.prefix = $1`,
      [mark, hash],
    );
  });
}
