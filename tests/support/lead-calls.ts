// Leads as staff asks for them over GraphQL, with whatever answer there is.
import type { Client, GraphqlAnswer } from './server.js';

export interface LeadSeen {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly ipAddress: string;
  readonly createdAt: string;
  readonly status: string;
  readonly source: string | null;
  readonly note: string | null;
}

export interface LeadPage {
  readonly nodes: LeadSeen[];
  readonly edges: { readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
  readonly totalCount: number;
}

export interface ConvertedClient {
  readonly id: string;
  readonly phone: string;
  readonly name: string | null;
  readonly tag: string;
  readonly timezone: string;
}

export const leadFields = 'id name email phone ipAddress createdAt status source note';

export class LeadCalls {
  constructor(private readonly as: Client) {}

  create(input: object): Promise<GraphqlAnswer<{ createLead: LeadSeen }>> {
    return this.#ask('mutation ($input: CreateLeadInput!)', 'createLead(input: $input)', { input });
  }

  update(id: string, input: object): Promise<GraphqlAnswer<{ updateLead: LeadSeen }>> {
    return this.#ask('mutation ($id: ID!, $input: UpdateLeadInput!)', 'updateLead(id: $id, input: $input)', {
      id,
      input,
    });
  }

  remove(id: string): Promise<GraphqlAnswer<{ deleteLead: boolean }>> {
    return this.as.graphql('mutation ($id: ID!) { deleteLead(id: $id) }', { id });
  }

  convert(id: string, client: object = {}): Promise<GraphqlAnswer<{ convertLead: ConvertedClient }>> {
    return this.as.graphql(
      `mutation ($id: ID!, $tag: String, $timezone: TimeZone) {
        convertLead(id: $id, tag: $tag, timezone: $timezone) { id phone name tag timezone }
      }`,
      { id, ...client },
    );
  }

  find(id: string, fields = leadFields): Promise<GraphqlAnswer<{ lead: LeadSeen | null }>> {
    return this.as.graphql(`query ($id: ID!) { lead(id: $id) { ${fields} } }`, { id });
  }

  list(variables: object = {}): Promise<GraphqlAnswer<{ leads: LeadPage }>> {
    return this.as.graphql(
      `query ($filter: LeadFilter, $orderBy: LeadOrder, $first: Int, $after: String, $last: Int, $before: String) {
        leads(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
          nodes { ${leadFields} } edges { cursor } pageInfo { hasNextPage hasPreviousPage } totalCount
        }
      }`,
      { ...variables },
    );
  }

  #ask<Data>(operation: string, call: string, values: Record<string, unknown>): Promise<GraphqlAnswer<Data>> {
    return this.as.graphql<Data>(`${operation} { ${call} { ${leadFields} } }`, values);
  }
}
