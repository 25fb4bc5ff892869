// The schema of the whole product: every resolver by name, and whatever an extension adds.
import 'reflect-metadata';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { ApiTokenResolver } from '../resolvers/api-token.resolver.js';
import { BlockedIpResolver } from '../resolvers/blocked-ip.resolver.js';
import { ClientResolver } from '../resolvers/client.resolver.js';
import { ImeiBatchResolver } from '../resolvers/imei-batch.resolver.js';
import { ImeiCheckResolver, SystemImeiResolver } from '../resolvers/imei-check.resolver.js';
import { ImeiVerdictResolver } from '../resolvers/imei-verdict.resolver.js';
import { ImeiWatchResolver } from '../resolvers/imei-watch.resolver.js';
import { ImportResolver } from '../resolvers/import.resolver.js';
import { LeadResolver } from '../resolvers/lead.resolver.js';
import { LeadKeysResolver } from '../resolvers/lead-keys.resolver.js';
import { MailingResolver } from '../resolvers/mailing.resolver.js';
import { ClientMessagesResolver, MailingMessagesResolver, MessageResolver } from '../resolvers/message.resolver.js';
import { RehearsalResolver } from '../resolvers/rehearsal.resolver.js';
import { SessionResolver } from '../resolvers/session.resolver.js';
import { SuppressionResolver } from '../resolvers/suppression.resolver.js';
import { SystemResolver } from '../resolvers/system.resolver.js';
import { TelegramAccessResolver } from '../resolvers/telegram-access.resolver.js';
import { UserResolver } from '../resolvers/user.resolver.js';
import { buildSchema, type ResolverClass } from '../schema/build-schema.js';

export function productSchema(extra: readonly ResolverClass[] = []): Promise<GraphQLSchema> {
  return buildSchema([
    ApiTokenResolver,
    BlockedIpResolver,
    ClientResolver,
    ClientMessagesResolver,
    ImeiBatchResolver,
    ImeiCheckResolver,
    ImeiVerdictResolver,
    ImeiWatchResolver,
    ImportResolver,
    LeadKeysResolver,
    LeadResolver,
    MailingMessagesResolver,
    MailingResolver,
    MessageResolver,
    RehearsalResolver,
    SessionResolver,
    SuppressionResolver,
    SystemImeiResolver,
    SystemResolver,
    TelegramAccessResolver,
    UserResolver,
    ...extra,
  ]);
}

/** What is committed as schema.graphql. */
export async function printedSchema(): Promise<string> {
  return `${printSchema(lexicographicSortSchema(await productSchema()))}\n`;
}
