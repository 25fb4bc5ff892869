// IMEI checks as clients ask for them, over GraphQL, REST and the old route, with whatever answer there is; and numbers to ask about.
import type { Client, GraphqlAnswer } from './server.js';

export interface CheckSeen {
  readonly id: string;
  readonly imei: string;
  readonly tac: string;
  readonly status: 'PENDING' | 'SUCCESSFUL' | 'UNSUCCESSFUL' | 'FAILED';
  readonly provider: string;
  readonly serviceId: number | null;
  readonly serviceTitle: string | null;
  readonly device: { readonly name: string | null; readonly brand: string | null } | null;
  readonly raw: { readonly id: string } | null;
  readonly cost: string | null;
  readonly cached: boolean;
  readonly ageSeconds: number;
  readonly via: string;
  readonly requestedBy: string | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly completedAt: string | null;
  readonly changes: readonly {
    readonly field: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
}

export interface CheckPage {
  readonly nodes: CheckSeen[];
  readonly edges: { readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
  readonly totalCount: number;
}

export const checkFields = `id imei tac status provider serviceId serviceTitle device { name brand } raw cost cached ageSeconds via
  requestedBy error createdAt completedAt changes { field before after }`;

/** Known to the simulated provider and to us: one that Apple made, one of somebody else, and one with the brand of none. */
export const iphone = '356735111052198';

export class ImeiCalls {
  private readonly as: Client;

  constructor(as: Client) {
    this.as = as;
  }

  check(input: object): Promise<GraphqlAnswer<{ checkImei: CheckSeen }>> {
    return this.as.graphql(`mutation ($input: CheckImeiInput!) { checkImei(input: $input) { ${checkFields} } }`, {
      input,
    });
  }

  find(id: string): Promise<GraphqlAnswer<{ imeiCheck: CheckSeen | null }>> {
    return this.as.graphql(`query ($id: ID!) { imeiCheck(id: $id) { ${checkFields} } }`, { id });
  }

  list(variables: object = {}): Promise<GraphqlAnswer<{ imeiChecks: CheckPage }>> {
    return this.as.graphql(
      `query ($filter: ImeiCheckFilter, $first: Int, $after: String, $last: Int, $before: String) {
        imeiChecks(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
          nodes { ${checkFields} } edges { cursor } pageInfo { hasNextPage hasPreviousPage } totalCount
        }
      }`,
      { ...variables },
    );
  }

  legacy(body: unknown, headers: Record<string, string> = {}): Promise<LegacyAnswer> {
    return legacyCheck(this.as, body, headers);
  }
}

export interface LegacyAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** A text goes as it stands. */
export async function legacyCheck(
  as: Client,
  body: unknown,
  headers: Record<string, string> = {},
  path = '/api/check-imei',
): Promise<LegacyAnswer> {
  const answer = await as.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** The n-th of a million valid numbers of one model. */
export function imeiOf(n: number, tac = '35673511'): string {
  const bare = `${tac}${String(n).padStart(6, '0')}`;
  let sum = 0;
  for (const [place, digit] of [...bare].entries()) {
    const value = Number(digit) * (place % 2 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return `${bare}${(10 - (sum % 10)) % 10}`;
}
