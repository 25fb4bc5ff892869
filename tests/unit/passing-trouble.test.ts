// Which errors of PostgreSQL and of its connections pass by themselves, and which are faults of ours.
import { logLevelOf, toFailure } from '../../src/shared/errors.js';

const withCode = (code: string): Error => Object.assign(new Error('secret'), { code });
const told = (error: unknown): unknown => {
  const { code, retryAfter } = toFailure(error);
  return [code, retryAfter, logLevelOf(code)];
};

const passing = [
  ...['08000', '08006', '08P01', '40001', '40P01', '40003', '53100', '53200', '53300', '53400'],
  ...['57014', '57P01', '57P02', '57P03', '57P05', '25006', '55P03'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
];

it.each(passing)(
  '%s was INTERNAL for some doors: a later repeat may mend it, so it is UNAVAILABLE and a warning',
  (code) => {
    expect(told(withCode(code))).toEqual(['UNAVAILABLE', 2, 'warn']);
    expect(told(Object.assign(new Error('by the ORM'), { previous: withCode(code) }))).toEqual([
      'UNAVAILABLE',
      2,
      'warn',
    ]);
  },
);

it.each([
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client was closed and is not queryable',
  'Client has encountered a connection error and is not queryable',
])('so is what the driver says without a code: %s', (message) => {
  expect(told(new Error(message))).toEqual(['UNAVAILABLE', 2, 'warn']);
});

it.each(['23505', '22P02', '42601', '42P01', '25P02', '28P01', '3D000', 'XX000', 'ENOENT', '', '5301', '530000'])(
  '%s is a fault of ours',
  (code) => {
    expect(told(withCode(code))).toEqual(['INTERNAL', undefined, 'error']);
  },
);
