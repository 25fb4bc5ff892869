// Every object field of a schema that leads from one domain of the contract into another: each asks that domain's row too.
import { readFileSync } from 'node:fs';
import { type GraphQLSchema, getNamedType, isObjectType } from 'graphql';
import { domainsOfTypes, typesOf } from './contract-domains.js';

const everybodys = ['shared', 'system'];

export function crossingFields(
  schema: GraphQLSchema,
  contract = readFileSync('tests/contracts/contract.graphql', 'utf8'),
): string[] {
  const domains = domainsOfTypes(contract, typesOf(contract));
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const crossing = (from: string, to: string): boolean => {
    const [here, there] = [domains.get(from), domains.get(to)];
    return here !== undefined && there !== undefined && here !== there && !everybodys.includes(there);
  };
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !roots.includes(type))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => isObjectType(getNamedType(field.type)) && crossing(type.name, getNamedType(field.type).name))
        .map((field) => `${type.name}.${field.name}`),
    )
    .sort();
}
