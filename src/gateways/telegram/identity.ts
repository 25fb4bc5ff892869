// The bot's own name, asked of Telegram once: links into the bot are made with it.
import { z } from 'zod';
import type { Egress } from '../../shared/egress.js';
import { Failure } from '../../shared/errors.js';

export interface TelegramAccount {
  readonly apiRoot: string;
  readonly token: string;
}

const getMeAnswer = z.object({ ok: z.literal(true), result: z.object({ username: z.string().min(1) }) });
const timeoutMs = 5_000;

export function botIdentity(account: TelegramAccount | undefined, egress: Egress): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    if (!account) throw new Failure('UNAVAILABLE', 'No Telegram bot runs here; set TELEGRAM_TOKEN.');
    known ??= await askUsername(account, egress);
    return known;
  };
}

async function askUsername({ apiRoot, token }: TelegramAccount, egress: Egress): Promise<string> {
  try {
    const { text } = await egress.exchange({ method: 'GET', url: `${apiRoot}/bot${token}/getMe`, timeoutMs });
    return getMeAnswer.parse(JSON.parse(text)).result.username;
  } catch {
    // The cause would carry the URL, and with it the token.
    throw new Failure('UPSTREAM_FAILED', 'Telegram did not say who the bot is; check TELEGRAM_TOKEN and try again.');
  }
}
