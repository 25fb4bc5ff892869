// Who may use the Telegram bot, and the link between a person and a Telegram account.
import { Arg, Args, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import {
  TelegramAccessRequest,
  TelegramGrant,
  TelegramGrantConnection,
  TelegramLinkType,
} from '../schema/account.type.js';
import { PageArguments } from '../schema/page.type.js';
import type { GraphqlContext } from './context.js';

@Resolver()
export class TelegramAccessResolver {
  @Query(() => TelegramGrantConnection, { description: 'Who may use the bot, newest first.' })
  telegramGrants(@Ctx() { services }: GraphqlContext, @Args(() => PageArguments) page: PageArguments) {
    return services.telegramAccess.grants(page);
  }

  @Query(() => [TelegramAccessRequest], {
    description: 'Who asked to be let in and waits for an answer, oldest first.',
  })
  telegramAccessRequests(@Ctx() { services }: GraphqlContext): Promise<TelegramAccessRequest[]> {
    return services.telegramAccess.requests();
  }

  @Mutation(() => TelegramGrant, { description: 'Lets a Telegram account in; a second grant replaces the first.' })
  grantTelegramAccess(
    @Ctx() { services }: GraphqlContext,
    @Arg('telegramId', () => String, { description: 'Numeric id of the account.' }) telegramId: string,
    @Arg('note', () => String, { nullable: true, description: 'Why, at most 500 characters.' }) note?: string | null,
    @Arg('dailyLimit', () => Int, {
      nullable: true,
      description: 'IMEI checks a day; the general limit where left out.',
    })
    dailyLimit?: number | null,
    @Arg('expiresAt', () => Date, { nullable: true, description: 'Never where left out.' }) expiresAt?: Date | null,
  ): Promise<TelegramGrant> {
    return services.telegramAccess.grant({ telegramId, note, dailyLimit, expiresAt });
  }

  @Mutation(() => Boolean, { description: 'Ends a grant at once.' })
  async revokeTelegramAccess(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the grant.' }) id: string,
  ): Promise<boolean> {
    await services.telegramAccess.revoke(id);
    return true;
  }

  @Mutation(() => Boolean, { description: 'Answers a request: lets the person in, or not.' })
  async resolveTelegramAccessRequest(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the request.' }) id: string,
    @Arg('grant', () => Boolean, { description: 'true lets them in.' }) grant: boolean,
  ): Promise<boolean> {
    await services.telegramAccess.resolveRequest(id, grant);
    return true;
  }

  @Mutation(() => TelegramLinkType, { description: 'A one-time link, good for 15 minutes; only the last one works.' })
  linkTelegram(@Ctx() { services }: GraphqlContext): Promise<TelegramLinkType> {
    return services.telegramAccess.offerLink();
  }

  @Mutation(() => Boolean, { description: "Unties one's own Telegram account." })
  async unlinkTelegram(@Ctx() { services }: GraphqlContext): Promise<boolean> {
    await services.telegramAccess.unlink();
    return true;
  }
}
