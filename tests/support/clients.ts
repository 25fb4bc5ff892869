// The directory as the tests ask for it: over GraphQL as somebody, with what a refusal said.
import type { Client as Asking, GraphqlAnswer } from './server.js';

export interface ClientNode {
  readonly id: string;
  readonly phone: string;
  readonly operatorCode: string;
  readonly tag: string;
  readonly timezone: string;
  readonly name: string | null;
  readonly localTime: string;
  readonly suppressed: string[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ClientList {
  readonly nodes: ClientNode[];
  readonly edges: { cursor: string }[];
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
  readonly totalCount: number;
}

export const someone = { phone: '79001234567', timezone: 'Europe/Moscow' };
const fields = 'id phone operatorCode tag timezone name localTime suppressed createdAt updatedAt';

export const createClient = (as: Asking, input: object) =>
  as.graphql<{ createClient: ClientNode }>(
    `mutation ($input: CreateClientInput!) { createClient(input: $input) { ${fields} } }`,
    { input },
  );

/** Someone, as the input says otherwise; they have to be let in. */
export async function addClient(as: Asking, input: object = {}): Promise<ClientNode> {
  const { data, errors } = await createClient(as, { ...someone, ...input });
  if (!data) throw new Error(JSON.stringify(errors));
  return data.createClient;
}

export const updateClient = (as: Asking, id: string, input: object) =>
  as.graphql<{ updateClient: ClientNode }>(
    `mutation ($id: ID!, $input: UpdateClientInput!) { updateClient(id: $id, input: $input) { ${fields} } }`,
    { id, input },
  );

export const deleteClient = (as: Asking, id: string) =>
  as.graphql<{ deleteClient: boolean }>('mutation ($id: ID!) { deleteClient(id: $id) }', { id });

export async function findClient(as: Asking, id: string): Promise<ClientNode | null | undefined> {
  const query = `query ($id: ID!) { client(id: $id) { ${fields} } }`;
  return (await as.graphql<{ client: ClientNode | null }>(query, { id })).data?.client;
}

export const listClients = (as: Asking, variables: object = {}) =>
  as.graphql<{ clients: ClientList }>(
    `query ($filter: ClientFilter, $orderBy: ClientOrder, $first: Int, $after: String, $last: Int, $before: String) {
      clients(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        nodes { ${fields} } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } totalCount
      }
    }`,
    { ...variables },
  );

export async function phonesOf(as: Asking, variables: object = {}): Promise<string[] | undefined> {
  return (await listClients(as, variables)).data?.clients.nodes.map(({ phone }) => phone);
}

export const codeOf = ({ errors }: GraphqlAnswer<unknown>) => errors?.[0]?.extensions.code;
export const faultsOf = ({ errors }: GraphqlAnswer<unknown>) => errors?.[0]?.extensions.fields?.map(({ path }) => path);

export interface JsonRequest {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

export const sendJson = (as: Asking, { method, path, body, headers = {} }: JsonRequest) =>
  as.fetch(path, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
