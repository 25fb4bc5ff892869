// Blocked addresses as the tests ask for them: by an admin over GraphQL, and from an address behind a proxy of ours.
import { type Client, client, type TestServer } from './server.js';

export interface Block {
  readonly id: string;
  readonly cidr: string;
  readonly reason: string;
  readonly automatic: boolean;
  readonly hits: number;
  readonly expiresAt: string | null;
  readonly createdAt: string;
}

interface BlockList {
  readonly blockedIps: { nodes: Block[]; edges: { cursor: string }[]; totalCount: number };
}

export const forwarded = 'x-forwarded-for';
const fields = 'id cidr reason automatic hits expiresAt createdAt';

export const blockIp = (as: Client, variables: object) =>
  as.graphql<{ blockIp: Block }>(
    `mutation ($cidr: String!, $reason: String!, $expiresAt: DateTime) {
      blockIp(cidr: $cidr, reason: $reason, expiresAt: $expiresAt) { ${fields} }
    }`,
    { reason: 'Test.', ...variables },
  );

export const unblockIp = (as: Client, id: string) =>
  as.graphql<{ unblockIp: boolean }>('mutation ($id: ID!) { unblockIp(id: $id) }', { id });

export async function blockedIps(as: Client, variables: object = {}): Promise<BlockList['blockedIps'] | undefined> {
  const query = `query ($first: Int, $after: String) {
    blockedIps(first: $first, after: $after) { nodes { ${fields} } edges { cursor } totalCount }
  }`;
  return (await as.graphql<BlockList>(query, { ...variables })).data?.blockedIps;
}

export async function forgetBlocks({ app, database }: TestServer): Promise<void> {
  await database.query('truncate blocked_ip');
  await app.parts.addressBlocks.reload();
}

export const clientAt = ({ url }: TestServer, address: string, token?: string): Client =>
  client(url, token, { [forwarded]: address });

/** Asked as somebody signed in, whose requests no limit of addresses counts. */
export const isTurnedAway = async (server: TestServer, address: string): Promise<boolean> =>
  (await clientAt(server, address, server.admin.accessToken).graphql('{ __typename }')).status === 403;
