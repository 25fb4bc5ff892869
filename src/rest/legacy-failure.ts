// Failures as the old mailing server's clients read them: {"<field>": ["…"]} under the old names, {"detail": "…"} else. No I/O.
import { z } from 'zod';
import { errorCodes, type Failure } from '../shared/errors.js';
import type { FailureKind } from './operation.js';
import type { PresentFailure } from './problem.js';

type Faults = Record<string, string[]>;

export const presentLegacyFailure: PresentFailure = (failure) => {
  const faults = faultsOf(failure);
  return {
    contentType: 'application/json; charset=utf-8',
    ...(faults ? { status: 400, body: faults } : { body: { detail: detailOf(failure) } }),
  };
};

export const legacyFailures: FailureKind = {
  name: 'LegacyFailure',
  description: '400 tells it by field, everything else in `detail`.',
  schema: z
    .union([
      z.object({ detail: z.string().describe('What went wrong.') }),
      z.record(z.string(), z.array(z.string())).describe('By the name of a field: what is wrong with it.'),
    ])
    .meta({ id: 'LegacyFailure', description: 'What went wrong, as the old mailing server told it.' }),
  present: presentLegacyFailure,
};

function faultsOf({ code, message, fields, reasons }: Failure): Faults | undefined {
  // The old field was to be unique by its own validator, which makes a known number bad input.
  if (code === 'CONFLICT' && reasons?.includes('DUPLICATE_PHONE')) return { number: [message] };
  if (code !== 'BAD_USER_INPUT' || !fields?.length) return undefined;
  const faults: Faults = {};
  for (const { path, message: fault } of fields) {
    const name = oldNameOf(path);
    faults[name] = [...(faults[name] ?? []), fault];
  }
  return faults;
}

function detailOf({ code, message }: Failure): string {
  if (code === 'NOT_FOUND') return 'Not found.';
  return code === 'INTERNAL' ? errorCodes.INTERNAL.meaning : message;
}

/** Of window, window.from, filter.tags.0 and the like; what concerns no field alone has the old server's name for that. */
const oldNameOf = (path: string): string =>
  path === '' ? 'non_field_errors' : (oldNames[path.replace(/\.\d+$/, '')] ?? path);

const oldNames: Readonly<Record<string, string>> = {
  phone: 'number',
  operatorCode: 'operator_code',
  text: 'body',
  startsAt: 'start_day',
  endsAt: 'end_day',
  window: 'start_time',
  'window.from': 'start_time',
  'window.to': 'end_time',
  filter: 'tag',
  'filter.tags': 'tag',
  'filter.operatorCodes': 'operator_code',
};
