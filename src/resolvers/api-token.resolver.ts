// API tokens: one's own, or another person's for an admin.
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Scope } from '../entities/account.enums.js';
import { ApiToken, IssuedApiTokenType, User } from '../schema/account.type.js';
import { ScopeEnum } from '../schema/enums.js';
import type { GraphqlContext } from './context.js';

@Resolver(() => ApiToken)
export class ApiTokenResolver {
  @FieldResolver(() => User, { description: 'Who made it.' })
  owner(@Root() token: ApiToken, @Ctx() { loaders }: GraphqlContext): Promise<User> {
    return loaders.users.load(token.ownerId);
  }

  @Query(() => [ApiToken], {
    description: "One's own, or another person's for an ADMIN; newest first, revoked ones too.",
  })
  apiTokens(
    @Ctx() { services }: GraphqlContext,
    @Arg('userId', () => ID, { nullable: true, description: "Own where left out; another person's for an ADMIN." })
    userId?: string | null,
  ): Promise<ApiToken[]> {
    return services.apiTokens.list(userId);
  }

  @Mutation(() => IssuedApiTokenType, {
    description: 'A token for a program, with some scopes and never more than its owner may do.',
  })
  createApiToken(
    @Ctx() { services }: GraphqlContext,
    @Arg('name', () => String, { description: 'What it is for.' }) name: string,
    @Arg('scopes', () => [ScopeEnum], { description: 'At least one.' }) scopes: Scope[],
    @Arg('expiresAt', () => Date, { nullable: true, description: 'Never where left out.' }) expiresAt?: Date | null,
  ) {
    return services.apiTokens.create({ name, scopes, expiresAt });
  }

  @Mutation(() => ApiToken, { description: 'Ends a token and its sockets at once.' })
  revokeApiToken(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the token.' }) id: string,
  ): Promise<ApiToken> {
    return services.apiTokens.revoke(id);
  }
}
