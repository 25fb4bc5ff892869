// People, sessions, tokens and who may use the bot, as clients see them. Relations are resolved in the resolvers.
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { GrantSource, Role, Scope } from '../entities/account.enums.js';
import { RoleEnum, ScopeEnum, TelegramGrantSourceEnum } from './enums.js';
import { connectionOf } from './page.type.js';
import { JSONScalar } from './scalars.js';

@ObjectType({ description: 'A person who may sign in.' })
export class User {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => String, { description: 'What they sign in with, in lower case.' })
  login!: string;

  @Field(() => String, { description: 'What people call them.' })
  name!: string;

  @Field(() => RoleEnum, { description: 'What they may do.' })
  role!: Role;

  @Field(() => String, { nullable: true, description: 'Their Telegram account, once linked.' })
  telegramId!: string | null;

  @Field(() => Boolean, {
    description:
      'Until it is false every field but viewer, changePassword and signOut is FORBIDDEN with extensions.reasons [PASSWORD_CHANGE_REQUIRED].',
  })
  mustChangePassword!: boolean;

  @Field(() => Date, { description: 'When they were added.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Their last request, to within some seconds.' })
  lastSeenAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'Since when they may no longer sign in.' })
  disabledAt!: Date | null;
}

@ObjectType('Viewer', { description: 'Who asks.' })
export class ViewerType {
  @Field(() => User, { description: 'The person, also behind an API token.' })
  user!: User;

  @Field(() => [ScopeEnum], {
    nullable: true,
    description: "The scopes of an API token or of a session that was narrowed; null in a person's own session.",
  })
  scopes!: Scope[] | null;

  @Field(() => [String], { description: 'Schema coordinates that this viewer may use, e.g. Query.leads.' })
  abilities!: string[];
}

@ObjectType({ description: 'What signing in gives.' })
export class Session {
  @Field(() => String, { description: 'For `Authorization: Bearer`; short-lived.' })
  accessToken!: string;

  @Field(() => String, { description: 'Always Bearer.' })
  tokenType!: string;

  @Field(() => Int, { description: 'Seconds that the access token lives.' })
  expiresIn!: number;

  @Field(() => String, { description: 'Works once, for a new pair.' })
  refreshToken!: string;

  @Field(() => User, { description: 'Who signed in.' })
  user!: User;
}

@ObjectType({ description: 'A token that a person made for a program.' })
export class ApiToken {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  ownerId!: string;

  @Field(() => String, { description: 'What its owner calls it.' })
  name!: string;

  @Field(() => String, { description: 'The first letters of the secret, to know it again.' })
  prefix!: string;

  @Field(() => [ScopeEnum], { description: 'What it may do.' })
  scopes!: Scope[];

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Its last request, to within some seconds.' })
  lastUsedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it ends by itself.' })
  expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was revoked.' })
  revokedAt!: Date | null;
}

@ObjectType('IssuedApiToken', { description: 'The secret is shown once, here.' })
export class IssuedApiTokenType {
  @Field(() => String, { description: 'For `Authorization: Bearer`. It is kept nowhere: write it down now.' })
  secret!: string;

  @Field(() => ApiToken, { description: 'The token without its secret.' })
  token!: ApiToken;
}

@ObjectType({
  description: 'Who may use the Telegram bot. A grant may end by itself, or come from membership in a channel.',
})
export class TelegramGrant {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => String, { description: 'Numeric id of the Telegram account.' })
  telegramId!: string;

  @Field(() => String, { nullable: true, description: 'Their @name, where known.' })
  username!: string | null;

  @Field(() => String, { nullable: true, description: 'Why they were let in.' })
  note!: string | null;

  @Field(() => Int, { nullable: true, description: 'IMEI checks a day; the general limit where null.' })
  dailyLimit!: number | null;

  @Field(() => Date, { nullable: true, description: 'When it ends by itself.' })
  expiresAt!: Date | null;

  @Field(() => TelegramGrantSourceEnum, { description: 'Where it came from.' })
  source!: GrantSource;

  @Field(() => Date, { description: 'When it was given.' })
  createdAt!: Date;
}

@ObjectType('TelegramLink', {
  description: 'Opens the bot with a one-time code that ties a Telegram account to the signed-in person.',
})
export class TelegramLinkType {
  @Field(() => String, { description: 'Open it on the device where Telegram is.' })
  url!: string;

  @Field(() => String, { description: 'For `/start <code>` by hand.' })
  code!: string;

  @Field(() => Date, { description: 'When it stops working.' })
  expiresAt!: Date;
}

@ObjectType({ description: 'Somebody in Telegram who asked to be let in.' })
export class TelegramAccessRequest {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => String, { description: 'Numeric id of the Telegram account.' })
  telegramId!: string;

  @Field(() => String, { nullable: true, description: 'Their @name, where known.' })
  username!: string | null;

  @Field(() => Date, { description: 'When they asked.' })
  createdAt!: Date;
}

@ObjectType({ description: 'Who did what when.' })
export class AuditEntry {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => Date, { description: 'When.' })
  at!: Date;

  @Field(() => String, { description: 'Who: person:<id>, token:<id>, system or address:<ip>.' })
  actor!: string;

  @Field(() => String, { description: 'What was done.' })
  action!: string;

  @Field(() => String, { nullable: true, description: 'To what: <noun>:<id>.' })
  subject!: string | null;

  @Field(() => JSONScalar, { nullable: true, description: 'Names of what changed, never the values.' })
  detail!: Record<string, unknown> | null;
}

export const AuditConnection = connectionOf(AuditEntry, 'Audit');
export const TelegramGrantConnection = connectionOf(TelegramGrant, 'TelegramGrant');
