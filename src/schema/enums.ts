// GraphQL's names for value sets that tables and services speak of as plain strings.
import { registerEnumType } from 'type-graphql';
import { grantSources, roles, scopes } from '../entities/account.enums.js';
import { errorCodes } from '../shared/errors.js';

const enumOf = <T extends string>(values: readonly T[]): { [K in T]: K } =>
  Object.fromEntries(values.map((value) => [value, value])) as { [K in T]: K };

export const RoleEnum = enumOf(roles);
registerEnumType(RoleEnum, { name: 'Role', description: 'What a person may do.' });

export const ScopeEnum = enumOf(scopes);
registerEnumType(ScopeEnum, { name: 'Scope', description: 'What an API token may do, and never more than its owner.' });

export const TelegramGrantSourceEnum = enumOf(grantSources);
registerEnumType(TelegramGrantSourceEnum, { name: 'TelegramGrantSource', description: 'Where a grant came from.' });

export const ErrorCodeEnum = enumOf(Object.keys(errorCodes) as (keyof typeof errorCodes)[]);
registerEnumType(ErrorCodeEnum, {
  name: 'ErrorCode',
  description: 'Every failure that a client may meet, in extensions.code.',
  valuesConfig: Object.fromEntries(
    Object.entries(errorCodes).map(([code, { meaning }]) => [code, { description: meaning }]),
  ),
});
