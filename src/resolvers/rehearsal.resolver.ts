// What a mailing would do, and why one person was, or was not, reached.
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { CreateMailingInput } from '../schema/mailing.input.js';
import { RecipientExplanation, Rehearsal } from '../schema/rehearsal.type.js';
import type { GraphqlContext } from './context.js';

@Resolver()
export class RehearsalResolver {
  @Query(() => Rehearsal, { description: 'What this mailing would do; nothing is stored or sent.' })
  rehearseMailing(
    @Ctx() { services }: GraphqlContext,
    @Arg('input', () => CreateMailingInput, { description: 'As it would be made.' }) {
      idempotencyKey: _,
      ...input
    }: CreateMailingInput,
  ): Promise<Rehearsal> {
    return services.rehearsals.rehearse(input);
  }

  @Query(() => RecipientExplanation, { description: 'Why one person was, or was not, reached by a mailing.' })
  explainRecipient(
    @Ctx() { services }: GraphqlContext,
    @Arg('mailingId', () => ID, { description: 'Of the mailing.' }) mailingId: string,
    @Arg('clientId', () => ID, { description: 'Of the person; a deleted one only where a message exists.' })
    clientId: string,
  ): Promise<RecipientExplanation> {
    return services.explanations.explain(mailingId, clientId);
  }
}
