// The directory of people who can be reached.
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { phoneFor } from '../auth/masking.js';
import type { Channel } from '../entities/mailing.enums.js';
import { ClientArguments, CreateClientInputType, UpdateClientInputType } from '../schema/client.input.js';
import { Client, ClientConnection } from '../schema/client.type.js';
import { CountByKey } from '../schema/count-by-key.type.js';
import { ChannelEnum } from '../schema/enums.js';
import { LocalTimeScalar } from '../schema/scalars.js';
import type { GraphqlContext } from './context.js';

@Resolver(() => Client)
export class ClientResolver {
  @FieldResolver(() => String, { description: '7XXXXXXXXXX; for a VIEWER all but the last four digits are hidden.' })
  phone(@Root() client: Client, @Ctx() { viewer }: GraphqlContext): string {
    return phoneFor(viewer, client.phone);
  }

  @FieldResolver(() => LocalTimeScalar, { description: 'What their clock shows now.' })
  localTime(@Root() client: Client, @Ctx() { services }: GraphqlContext): string {
    return services.clients.localTime(client);
  }

  @FieldResolver(() => [ChannelEnum], { description: 'Channels on which this person must not be contacted.' })
  suppressed(@Root() client: Client, @Ctx() { loaders }: GraphqlContext): Promise<Channel[]> {
    return loaders.suppressedChannels.load(client.phone);
  }

  @Query(() => Client, { nullable: true, description: 'One person of the directory.' })
  async client(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the client.' }) id: string,
  ): Promise<Client | null> {
    return (await services.clients.find(id)) ?? null;
  }

  @Query(() => ClientConnection, { description: 'The directory.' })
  clients(
    @Ctx() { services }: GraphqlContext,
    @Args(() => ClientArguments) { filter, orderBy, ...page }: ClientArguments,
  ) {
    return services.clients.list({ filter, orderBy }, page);
  }

  @Query(() => [CountByKey], { description: 'Tags and how many clients have them, most of them first; at most 1,000.' })
  clientTags(@Ctx() { services }: GraphqlContext) {
    return services.clients.tags();
  }

  @Query(() => [CountByKey], { description: 'Operator codes and how many clients have them, most of them first.' })
  operatorCodes(@Ctx() { services }: GraphqlContext) {
    return services.clients.operatorCodes();
  }

  @Mutation(() => Client, { description: 'Adds a person, or brings back one who was deleted, with these fields.' })
  createClient(
    @Ctx() { services }: GraphqlContext,
    @Arg('input', () => CreateClientInputType, { description: 'Who.' }) input: CreateClientInputType,
  ): Promise<Client> {
    return services.clients.create(input);
  }

  @Mutation(() => Client, { description: 'Changes a person; their queued messages follow to a new number or zone.' })
  updateClient(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the client.' }) id: string,
    @Arg('input', () => UpdateClientInputType, { description: 'What is to change.' }) input: UpdateClientInputType,
  ): Promise<Client> {
    return services.clients.update(id, input);
  }

  @Mutation(() => Boolean, {
    description: 'Takes a person out of the directory and cancels their queued messages; what was sent stays told.',
  })
  async deleteClient(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the client.' }) id: string,
  ): Promise<boolean> {
    await services.clients.delete(id);
    return true;
  }
}
