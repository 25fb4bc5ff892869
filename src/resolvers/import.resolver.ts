// Uploaded files and how far they have been read. Files themselves come over REST.
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { ImportRow } from '../domain/imports/import.rows.js';
import { ImportArguments } from '../schema/import.input.js';
import { Import, ImportConnection, ImportProblem } from '../schema/import.type.js';
import type { GraphqlContext } from './context.js';

@Resolver(() => Import)
export class ImportResolver {
  @FieldResolver(() => [ImportProblem], { description: 'The first 100; all of them as CSV behind problemsUrl.' })
  problems(@Root() { id }: Import, @Ctx() { loaders }: GraphqlContext): Promise<ImportProblem[]> {
    return loaders.importProblems.load(id);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'All problems as CSV, without a token, for a quarter of an hour; relative to this server where PUBLIC_URL is not set. Null where there are none.',
  })
  problemsUrl(@Root() found: ImportRow, @Ctx() { services }: GraphqlContext): string | null {
    return services.imports.problemsUrl(found);
  }

  @Query(() => Import, { nullable: true, description: "One import; null where there is none, or it is not one's own." })
  async import(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the import.' }) id: string,
  ): Promise<Import | null> {
    return (await services.imports.find(id)) ?? null;
  }

  @Query(() => ImportConnection, { description: 'What was uploaded, newest first; a token sees its own only.' })
  imports(@Ctx() { services }: GraphqlContext, @Args(() => ImportArguments) { kind, ...page }: ImportArguments) {
    return services.imports.list(kind, page);
  }

  @Subscription(() => Import, {
    description: 'The import now, then as it is read, at most 4 a second.',
    subscribe: async ({ args, context }: { args: { id: string }; context: GraphqlContext }) => {
      const { id } = await context.services.imports.get(args.id);
      return context.live.watch({ topic: 'import', subject: id });
    },
  })
  importProgress(
    @Root() state: ImportRow,
    @Arg('id', () => ID, { description: 'Of the import.' }) _id: string,
  ): Import {
    return state;
  }
}
