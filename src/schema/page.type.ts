// Relay's connection types over keyset pages: one factory, so that every list pages alike.
import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import type { Page } from '../domain/page.js';

@ObjectType({ description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'There is more after this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'There is more before this page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first edge; null on an empty page.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last edge; null on an empty page.' })
  endCursor!: string | null;
}

@ArgsType()
export class PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: 'Page size from the start, 1 to 100; 20 where neither first nor last is given.',
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Cursor to go on after.' })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: 'Page size from the end, 1 to 100.' })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Cursor to stop before.' })
  before?: string | null;
}

/** Call it once for each node type: `connectionOf(AuditEntry, 'Audit')` makes AuditEdge and AuditConnection. */
export function connectionOf<Node extends object>(NodeType: ClassType<Node>, name: string): ClassType<Page<Node>> {
  @ObjectType(`${name}Edge`, { description: 'A node and where it stands.' })
  class Edge {
    @Field(() => String, { description: 'For after and before.' })
    cursor!: string;

    @Field(() => NodeType, { description: 'The thing itself.' })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: 'One page of a list.' })
  class Connection implements Page<Node> {
    @Field(() => [Edge], { description: 'The nodes of this page with their cursors.' })
    edges!: Edge[];

    @Field(() => [NodeType], { description: 'The nodes of this page.' })
    nodes!: Node[];

    @Field(() => PageInfo, { description: 'Where this page stands.' })
    pageInfo!: PageInfo;

    count!: () => Promise<number>;

    @Field(() => Int, { description: 'How many there are in all; costs a query of its own.' })
    totalCount(): Promise<number> {
      return this.count();
    }
  }
  return Connection;
}
