// A subscription as clients have it: graphql-ws over a real socket, its events and its end kept as they come.
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Client } from './server.js';

export interface Subscription<Data> {
  readonly events: Data[];
  /** What ended it, where something did. */
  readonly outcome: {
    errors?: readonly { extensions?: Record<string, unknown> }[];
    completed?: true;
    closed?: { code: number };
  };
  close(): Promise<void>;
}

export async function subscribe<Data>(
  url: string,
  as: Pick<Client, 'accessToken'>,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Subscription<Data>> {
  const events: Data[] = [];
  const outcome: Subscription<Data>['outcome'] = {};
  const socket = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: false,
    connectionParams: as.accessToken ? { Authorization: `Bearer ${as.accessToken}` } : {},
    onNonLazyError: () => undefined,
    on: { closed: (event) => (outcome.closed = event as { code: number }) },
  });
  socket.subscribe<Data>(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (errors) outcome.errors = errors as NonNullable<typeof outcome.errors>;
        else if (data) events.push(data);
      },
      error: (error) => {
        if (Array.isArray(error)) outcome.errors = error;
      },
      complete: () => (outcome.completed = true),
    },
  );
  return { events, outcome, close: async () => socket.dispose() };
}
