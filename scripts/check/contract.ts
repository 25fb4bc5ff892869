// schema.graphql contains the contract of the domains that are done.
import { readFile } from 'node:fs/promises';
import { differences, staleExceptions, undescribedFields } from '../../tests/contracts/containment.js';

export async function checkContract(): Promise<string[]> {
  const [schema, contract] = await Promise.all([
    readFile('schema.graphql', 'utf8'),
    readFile('tests/contracts/contract.graphql', 'utf8'),
  ]);
  return [
    ...differences(schema, contract),
    ...staleExceptions(schema, contract).map((name) => `${name}: no longer an exception; take it out of \`later\``),
    ...undescribedFields(schema).map((name) => `${name}: has no description`),
  ];
}
