// Leads: taken in from anybody, seen to by staff, told live, and how intake goes.
import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { LeadRow } from '../domain/leads/lead.rows.js';
import { emailShown, phoneShown } from '../domain/leads/lead-sight.js';
import type { LiveEvent } from '../domain/live/topics.js';
import type { LeadEventKind } from '../entities/lead.enums.js';
import { Client } from '../schema/client.type.js';
import { ConvertLeadArguments, CreateLeadInput, LeadArguments, UpdateLeadInput } from '../schema/lead.input.js';
import { Lead, LeadConnection, LeadEvent, LeadIntake } from '../schema/lead.type.js';
import type { GraphqlContext } from './context.js';

const ofLead = { description: 'Of the lead.' };

interface LeadsCall {
  readonly args: { after?: string | null };
  readonly context: GraphqlContext;
}

@Resolver(() => Lead)
export class LeadResolver {
  @FieldResolver(() => String, { description: 'For a VIEWER all but its domain is hidden.' })
  email(@Root() lead: LeadRow, @Ctx() { viewer }: GraphqlContext): string {
    return emailShown(viewer, lead);
  }

  @FieldResolver(() => String, { description: 'E.164; for a VIEWER all but the last four digits are hidden.' })
  phone(@Root() lead: LeadRow, @Ctx() { viewer }: GraphqlContext): string {
    return phoneShown(viewer, lead);
  }

  @FieldResolver(() => Client, { nullable: true, description: 'Whom they became in the directory; a deleted one too.' })
  client(@Root() { clientId }: LeadRow, @Ctx() { loaders }: GraphqlContext): Promise<Client> | null {
    return clientId === null ? null : loaders.clients.load(clientId);
  }

  @FieldResolver(() => Int, { nullable: true, description: 'Seconds from intake to the first message or call.' })
  speedToContact(@Root() { id, clientId }: LeadRow, @Ctx() { loaders }: GraphqlContext): Promise<number | null> | null {
    return clientId === null ? null : loaders.speedsToContact.load(id);
  }

  @Query(() => Lead, { nullable: true, description: 'One lead.' })
  async lead(@Ctx() { services }: GraphqlContext, @Arg('id', () => ID, ofLead) id: string): Promise<Lead | null> {
    return (await services.leads.find(id)) ?? null;
  }

  @Query(() => LeadConnection, { description: 'Everybody who left their data.' })
  leads(@Ctx() { services }: GraphqlContext, @Args(() => LeadArguments) { filter, orderBy, ...page }: LeadArguments) {
    return services.leads.list({ filter, orderBy }, page);
  }

  @Query(() => [LeadIntake], { description: 'What became of all attempts, day by day, the oldest first, today last.' })
  leadIntake(
    @Ctx() { services }: GraphqlContext,
    @Arg('days', () => Int, { nullable: true, description: '1 to 366; 30 where left out.' }) days?: number | null,
  ): Promise<LeadIntake[]> {
    return services.leadIntake.days({ days });
  }

  @Mutation(() => Lead, {
    description: 'Takes somebody in; CONFLICT where e-mail, number or address is known, with what but never with whom.',
  })
  createLead(
    @Ctx() { services }: GraphqlContext,
    @Arg('input', () => CreateLeadInput, { description: 'Who.' }) { idempotencyKey, ...input }: CreateLeadInput,
  ): Promise<Lead> {
    return services.leads.create(input, idempotencyKey);
  }

  @Mutation(() => Lead, { description: 'Changes a lead; CONFLICT where another one has that e-mail or number.' })
  updateLead(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, ofLead) id: string,
    @Arg('input', () => UpdateLeadInput, { description: 'What is to change.' }) input: UpdateLeadInput,
  ): Promise<Lead> {
    return services.leads.update(id, input);
  }

  @Mutation(() => Boolean, { description: 'Erases a lead and the key to its data.' })
  async deleteLead(@Ctx() { services }: GraphqlContext, @Arg('id', () => ID, ofLead) id: string): Promise<boolean> {
    await services.leads.delete(id);
    return true;
  }

  @Mutation(() => Client, {
    description:
      'Makes a client of a lead. BAD_USER_INPUT where the number is not 7XXXXXXXXXX; a known number ties the lead to that client.',
  })
  convertLead(
    @Ctx() { services }: GraphqlContext,
    @Args(() => ConvertLeadArguments) { id, ...client }: ConvertLeadArguments,
  ): Promise<Client> {
    return services.leadConversion.convert(id, client);
  }

  @Subscription(() => LeadEvent, {
    name: 'leads',
    description: 'Whatever happens to leads, from now on or from `after` on.',
    subscribe: async ({ args: { after }, context: { live, services } }: LeadsCall) => {
      const events = await live.subscribe({ topic: 'lead', after });
      services.leads.streamed();
      return events;
    },
  })
  leadEvents(
    @Root() { id, kind, at, subject, payload }: LiveEvent<LeadRow | null>,
    @Arg('after', () => ID, {
      nullable: true,
      description: 'The last event that was seen; what was missed since comes first.',
    })
    _after?: string | null,
  ): LeadEvent {
    return { id, at, kind: kind as LeadEventKind, leadId: subject, node: payload };
  }
}
