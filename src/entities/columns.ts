// Column shapes that entities share. Functions, because the ORM writes into the options it is given.
import { BigIntType } from '@mikro-orm/core';

/** bigint identity as a decimal string: GraphQL's ID refuses a JS BigInt. */
export const bigintId = () => ({ type: new BigIntType('string'), autoincrement: true }) as const;
export const bigintRef = () => ({ type: new BigIntType('string') }) as const;
export const moment = () => ({ type: 'Date', columnType: 'timestamptz(3)' }) as const;
export const createdMoment = () => ({ ...moment(), defaultRaw: 'now()' }) as const;
export const maybeMoment = () => ({ ...moment(), nullable: true }) as const;
