// The two doors by which leads come in, REST and GraphQL, asked with the same input; what they answer is told in the same words.
import { type Client, client, type GraphqlAnswer, type TestServer } from './server.js';

export interface Lead {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly ipAddress: string;
  readonly createdAt: string;
}

export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** What becomes of a lead; `text` is all that was said about it. */
export interface Outcome {
  readonly as: 'STORED' | 'INVALID' | 'DUPLICATE' | 'LIMITED' | 'BLOCKED' | 'UNAVAILABLE' | 'INTERNAL';
  readonly lead?: Lead;
  readonly faults?: readonly Fault[];
  readonly reasons?: readonly string[];
  readonly retryAfter?: number;
  readonly text: string;
}

export interface LeadDoor {
  readonly name: 'REST' | 'GraphQL';
  create(as: Client, input: object): Promise<Outcome>;
}

interface RestLead extends Omit<Lead, 'ipAddress' | 'createdAt'> {
  readonly ip_address: string;
  readonly created_at: string;
}

interface RestRefusal {
  readonly detail: string | readonly { readonly loc: readonly string[]; readonly msg: string }[];
  readonly reasons?: readonly string[];
}

const restDoor: LeadDoor = {
  name: 'REST',
  async create(as, { ipAddress, ...input }: { ipAddress?: unknown }) {
    const response = await as.fetch('/leads', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...input, ip_address: ipAddress }),
    });
    const text = await response.text();
    if (response.status === 201) return { as: 'STORED', lead: leadOf(JSON.parse(text) as RestLead), text };
    return { ...refusalOf(response, JSON.parse(text) as RestRefusal), text };
  },
};

const graphqlDoor: LeadDoor = {
  name: 'GraphQL',
  async create(as, input) {
    const answer = await as.graphql<{ createLead: Lead }>(
      'mutation ($input: CreateLeadInput!) { createLead(input: $input) { id name email phone ipAddress createdAt } }',
      { input },
    );
    const text = JSON.stringify(answer);
    if (answer.data?.createLead) return { as: 'STORED', lead: answer.data.createLead, text };
    return { ...failureOf(answer), text };
  },
};

export const leadDoors: readonly LeadDoor[] = [restDoor, graphqlDoor];

const leadOf = ({ ip_address, created_at, id, name, email, phone }: RestLead): Lead => {
  return { id, name, email, phone, ipAddress: ip_address, createdAt: created_at };
};

const statuses: Readonly<Record<number, Outcome['as']>> = {
  403: 'BLOCKED',
  409: 'DUPLICATE',
  422: 'INVALID',
  429: 'LIMITED',
  503: 'UNAVAILABLE',
};

function refusalOf({ status, headers }: Response, { detail, reasons = [] }: RestRefusal): Omit<Outcome, 'text'> {
  const named = (loc: readonly string[]): string => (loc.at(-1) ?? '').replace('ip_address', 'ipAddress');
  return {
    as: statuses[status] ?? 'INTERNAL',
    faults: typeof detail === 'string' ? [] : detail.map(({ loc, msg }) => ({ path: named(loc), message: msg })),
    reasons,
    retryAfter: Number(headers.get('retry-after') ?? 0),
  };
}

const codes: Readonly<Record<string, Outcome['as']>> = {
  BAD_USER_INPUT: 'INVALID',
  CONFLICT: 'DUPLICATE',
  RATE_LIMITED: 'LIMITED',
  UNAVAILABLE: 'UNAVAILABLE',
};

function failureOf({ status, errors = [] }: GraphqlAnswer<unknown>): Omit<Outcome, 'text'> {
  const { code = '', reasons, retryAfter } = errors[0]?.extensions ?? {};
  if (status === 403) return { as: 'BLOCKED' };
  return {
    as: codes[code] ?? 'INTERNAL',
    faults: errors.flatMap(({ extensions }) => extensions.fields ?? []).map(faultOf),
    reasons: reasons ?? [],
    retryAfter: retryAfter ?? 0,
  };
}

/** Of `input.email` the last name counts. */
const faultOf = ({ path, message }: Fault): Fault => ({ path: path.split('.').at(-1) ?? '', message });

let people = 0;
let addresses = 0;

/** Somebody whom nobody knows yet. */
export function newPerson(): { name: string; email: string; phone: string } {
  people += 1;
  return {
    name: `Person ${people}`,
    email: `person-${people}@example.com`,
    phone: `+7900${String(people).padStart(7, '0')}`,
  };
}

export function newAddress(): string {
  addresses += 1;
  return `198.${18 + (addresses >> 16)}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

/** Nobody, at an address that nobody had before. */
export const stranger = ({ url }: Pick<TestServer, 'url'>, address = newAddress()): Client =>
  client(url, undefined, { 'x-forwarded-for': address });
