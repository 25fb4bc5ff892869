// Failures as clients of the old IMEI server read them: {"error": "…"}, in Russian. No I/O.
import { z } from 'zod';
import { Failure } from '../shared/errors.js';
import type { FailureKind } from './operation.js';
import type { PresentFailure } from './problem.js';

const missing = 'Необходимо указать IMEI и токен.';
const refused = 'Неверный токен.';
const failed = 'Ошибка при проверке IMEI.';

/** By what is wrong with the number, or with the key of the request. */
const problems: Readonly<Record<string, string>> = {
  LENGTH: 'Некорректный IMEI: должно быть 15 цифр, либо 14 без контрольной, либо 16 (IMEISV).',
  NOT_DIGITS: 'Некорректный IMEI: допустимы только цифры.',
  CHECKSUM: 'Некорректный IMEI: контрольная цифра не сходится, проверьте номер.',
  FORMAT: 'Некорректный Idempotency-Key: от 1 до 255 печатных символов без пробелов.',
  ALL_ZERO: 'Некорректный IMEI: номер из одних нулей.',
};

export const somethingMissing = (): Failure => new Failure('BAD_USER_INPUT', 'imei and token are expected');

export const presentLegacyImeiFailure: PresentFailure = (failure, { status }) => {
  const { status: own, error } = told(failure, status);
  return { contentType: 'application/json; charset=utf-8', status: own, body: { error } };
};

export const legacyImeiFailures: FailureKind = {
  name: 'LegacyImeiFailure',
  description: `400: «${missing}», or what is wrong with the IMEI. 403: «${refused}» 500: «${failed}»`,
  schema: z
    .object({ error: z.string().describe('What went wrong, in Russian.') })
    .meta({ id: 'LegacyImeiFailure', description: 'What went wrong, as the old IMEI server told it.' }),
  present: presentLegacyImeiFailure,
  statuses: () => [400, 403, 413, 429, 500],
};

interface Told {
  readonly status: number;
  readonly error: string;
}

function told({ code, fields, reasons, retryAfter }: Failure, status: number): Told {
  switch (code) {
    case 'BAD_USER_INPUT':
      if (status === 413) return { status, error: 'Слишком большой запрос.' };
      return { status: 400, error: problems[fields?.[0]?.code ?? ''] ?? missing };
    case 'CONFLICT':
      return { status, error: 'Этот Idempotency-Key уже пришёл с другим IMEI.' };
    case 'UNAUTHENTICATED':
      return { status: 403, error: refused };
    case 'FORBIDDEN':
      return { status: 403, error: reasons?.includes('ADDRESS_BLOCKED') ? 'Доступ с этого адреса закрыт.' : refused };
    case 'RATE_LIMITED':
      return { status: 429, error: `Превышен лимит запросов. Повторите через ${Math.max(1, retryAfter ?? 1)} с.` };
    case 'UNAVAILABLE':
      // The database or the whole server; a provider that is away is one that failed.
      if (!reasons?.includes('IMEI_PROVIDER')) return { status, error: 'Сервис временно недоступен. Повторите позже.' };
      return { status: 500, error: failed };
    default:
      return { status: 500, error: failed };
  }
}
