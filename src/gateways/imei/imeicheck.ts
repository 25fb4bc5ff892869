// imeicheck.net, API v1, over HTTP. A check is paid, everything else is free, and has connections of its own, so that
// checks that hang do not keep anybody from looking what became of them.
import type { Egress } from '../../shared/egress.js';
import { tooLong } from '../../shared/provider-exchange.js';
import { ProviderLine } from '../../shared/provider-line.js';
import { answerToFree, answerToPaid, type Reader } from './answer.js';
import { balanceIn, checkId, checkIn, checksIn, servicesIn } from './check-object.js';
import type { ImeiProvider, ProviderAnswer, ProviderCheck } from './port.js';

export interface ImeicheckOptions {
  /** Under which its answers are kept: those of a simulator are not the real one's. */
  readonly name: string;
  readonly url: string;
  readonly token: string;
  /** How many checks may be under way at once. */
  readonly concurrency: number;
  readonly egress: Egress;
}

const longestAnswer = 1_048_576;
const freeConnections = 2;

export function imeicheckProvider({ name, url, token, concurrency, egress }: ImeicheckOptions): ImeiProvider {
  const headers = {
    accept: 'application/json',
    // Titles and messages come in the caller's language.
    'accept-language': 'en',
    authorization: `Bearer ${token}`,
  };
  const shared = { url, longestAnswer, egress };
  const paid = new ProviderLine({
    ...shared,
    headers: { ...headers, 'content-type': 'application/json' },
    connections: concurrency,
  });
  const free = new ProviderLine({ ...shared, headers, connections: freeConnections });
  const look = <T>(path: string, timeoutMs: number, read: Reader<T>): Promise<ProviderAnswer<T>> =>
    free.ask({ method: 'GET', path, timeoutMs }, (ending) => answerToFree(ending, read));
  return {
    name,
    check(imei, serviceId, timeoutMs) {
      const body = { start: '', rest: Buffer.from(JSON.stringify({ deviceId: imei, serviceId })) };
      const isOurs = oneCheck((check) => check.deviceId === imei && check.serviceId === serviceId);
      return paid.ask({ method: 'POST', path: '/v1/checks', body, timeoutMs }, (ending) =>
        answerToPaid(ending, isOurs),
      );
    },
    find: async (id, timeoutMs) =>
      checkId.test(id)
        ? look(
            `/v1/checks/${id}`,
            timeoutMs,
            oneCheck((check) => check.id === id),
          )
        : { kind: 'refused', why: 'invalid', reason: 'no id of a check' },
    history: (timeoutMs) => look('/v1/checks', timeoutMs, newestChecks),
    services: (timeoutMs) => look('/v1/services', timeoutMs, whole(servicesIn)),
    balance: (timeoutMs) => look('/v1/account', timeoutMs, whole(balanceIn)),
    async close() {
      paid.close();
      free.close();
    },
  };
}

type Text = Parameters<Reader<unknown>>[0];

const whole =
  <T>(read: (text: string) => T | undefined): Reader<T> =>
  (ending) => {
    const text = ending.kind === 'whole' ? textOf(ending) : undefined;
    return text === undefined ? undefined : read(text);
  };

/** An answer about another check than the one that was asked for answers nothing. */
const oneCheck = (isMeant: (check: ProviderCheck) => boolean): Reader<ProviderCheck> =>
  whole((text) => {
    const check = checkIn(text);
    return check && isMeant(check) ? check : undefined;
  });

/** Where there is more than fits into an answer, its beginning is what counts. */
const newestChecks: Reader<readonly ProviderCheck[]> = (ending) => {
  const cut = ending.kind === 'broken';
  if (cut && ending.reason !== tooLong) return undefined;
  const text = textOf(ending);
  return text === undefined ? undefined : checksIn(text, cut);
};

/** Strictly UTF-8, so that the text is the bytes; the beginning of a letter at the end of what was cut off is left out. */
function textOf({ kind, body }: Text): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(body, { stream: kind === 'broken' })
      .trim();
  } catch {
    return undefined;
  }
}
