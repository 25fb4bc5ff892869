// Signing in and out, and who one is.
import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { isSignedIn } from '../auth/viewer.js';
import type { NewSession } from '../domain/accounts/sessions.service.js';
import { abilitiesOf } from '../schema/abilities.js';
import { Session, ViewerType } from '../schema/account.type.js';
import type { GraphqlContext } from './context.js';

@Resolver()
export class SessionResolver {
  @Query(() => ViewerType, { nullable: true, description: 'Who asks; null for nobody.' })
  async viewer(@Ctx() { viewer, services }: GraphqlContext): Promise<ViewerType | null> {
    const user = await services.users.me();
    if (!user || !isSignedIn(viewer)) return null;
    const { scopes } = viewer.identity;
    return { user, scopes: scopes && [...scopes], abilities: abilitiesOf(viewer) };
  }

  @Mutation(() => Session, { description: 'A new session for a login and a password.' })
  async signIn(
    @Ctx() { services }: GraphqlContext,
    @Arg('login', () => String, { description: 'Upper and lower case are the same.' }) login: string,
    @Arg('password', () => String, { description: 'As it was set.' }) password: string,
  ): Promise<Session> {
    return bearer(await services.sessions.signIn({ login, password }));
  }

  @Mutation(() => Session, {
    description: 'A new pair for a refresh token, which works once; a second use ends the session.',
  })
  async refreshSession(
    @Ctx() { services }: GraphqlContext,
    @Arg('refreshToken', () => String, { description: 'The last one received.' }) refreshToken: string,
  ): Promise<Session> {
    return bearer(await services.sessions.refresh(refreshToken));
  }

  @Mutation(() => Boolean, { description: 'Ends the session that the refresh token belongs to, its sockets too.' })
  async signOut(
    @Ctx() { services }: GraphqlContext,
    @Arg('refreshToken', () => String, { description: 'Of the session to end.' }) refreshToken: string,
  ): Promise<boolean> {
    await services.sessions.revoke(refreshToken);
    return true;
  }
}

const bearer = (session: NewSession): Session => ({ ...session, tokenType: 'Bearer' });
