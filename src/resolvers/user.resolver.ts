// People, their passwords, and the audit log.
import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { Role } from '../entities/account.enums.js';
import { AuditConnection, User } from '../schema/account.type.js';
import { RoleEnum } from '../schema/enums.js';
import { PageArguments } from '../schema/page.type.js';
import type { GraphqlContext } from './context.js';

@Resolver()
export class UserResolver {
  @Query(() => [User], { description: 'Everybody who may sign in, and those who no longer may.' })
  users(@Ctx() { services }: GraphqlContext): Promise<User[]> {
    return services.users.list();
  }

  @Query(() => AuditConnection, { description: 'Who did what, newest first.' })
  auditLog(@Ctx() { services }: GraphqlContext, @Args(() => PageArguments) page: PageArguments) {
    return services.audit.page(page);
  }

  @Mutation(() => User, { description: 'Adds a person; CONFLICT DUPLICATE_LOGIN where the login is taken.' })
  createUser(
    @Ctx() { services }: GraphqlContext,
    @Arg('login', () => String, { description: '1 to 64 letters, digits or . _ @ + -; kept in lower case.' })
    login: string,
    @Arg('name', () => String, { description: 'What people call them.' }) name: string,
    @Arg('password', () => String, { description: '8 to 128 characters.' }) password: string,
    @Arg('role', () => RoleEnum, { description: 'What they may do.' }) role: Role,
  ): Promise<User> {
    return services.users.create({ login, name, password, role });
  }

  @Mutation(() => User, {
    description: 'Changes what is given; CONFLICT LAST_ADMIN where nobody would be left to administer.',
  })
  updateUser(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the person.' }) id: string,
    @Arg('name', () => String, { nullable: true, description: 'A new name.' }) name?: string | null,
    @Arg('role', () => RoleEnum, { nullable: true, description: 'A new role; felt at the next request.' })
    role?: Role | null,
    @Arg('disabled', () => Boolean, {
      nullable: true,
      description: 'true ends their sessions; false lets them sign in again.',
    })
    disabled?: boolean | null,
  ): Promise<User> {
    return services.users.update(id, { name, role, disabled });
  }

  @Mutation(() => Boolean, { description: "Changes one's own password and ends one's other sessions." })
  async changePassword(
    @Ctx() { services }: GraphqlContext,
    @Arg('currentPassword', () => String, { description: 'To prove that it is you.' }) currentPassword: string,
    @Arg('newPassword', () => String, { description: '8 to 128 characters.' }) newPassword: string,
  ): Promise<boolean> {
    await services.users.changePassword({ currentPassword, newPassword });
    return true;
  }

  @Mutation(() => String, { description: 'A one-time password, shown here once; the person must change it.' })
  resetPassword(
    @Ctx() { services }: GraphqlContext,
    @Arg('userId', () => ID, { description: 'Of the person.' }) userId: string,
  ): Promise<string> {
    return services.users.resetPassword(userId);
  }
}
