// The rows as resolvers of ours, written as the product's are. Decorators are called by hand: nothing compiles a bench.
import 'reflect-metadata';
import { Ctx, Field, Float, ID, ObjectType, Query, Resolver } from 'type-graphql';
import { memoryRows, rowsSql } from './rows.mjs';

class BenchRow {}

const fields = {
  id: [() => ID],
  name: [() => String],
  phone: [() => String],
  tag: [() => String, { nullable: true }],
  city: [() => String],
  score: [() => Float],
  active: [() => Boolean],
  createdAt: [() => Date],
};
for (const [name, type] of Object.entries(fields)) Field(...type)(BenchRow.prototype, name);
ObjectType()(BenchRow);

export class BenchResolver {
  async benchRows() {
    return memoryRows;
  }

  benchRowsDb({ services }) {
    return services.work.rows(rowsSql);
  }
}
for (const name of ['benchRows', 'benchRowsDb']) {
  Query(() => [BenchRow])(
    BenchResolver.prototype,
    name,
    Object.getOwnPropertyDescriptor(BenchResolver.prototype, name),
  );
}
Ctx()(BenchResolver.prototype, 'benchRowsDb', 0);
Resolver()(BenchResolver);

/** A row of the policy table that wants somebody with a role or a scope. */
export const rootFields = { 'Query.benchRows': 'systemRead', 'Query.benchRowsDb': 'systemRead' };
