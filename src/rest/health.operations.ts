// The operations endpoints, for the OpenAPI document; src/server/health.ts answers them. No I/O.
import { z } from 'zod';
import type { Operation } from './operation.js';

const about = { method: 'GET', policy: 'open', tag: 'Operations' } as const;

const readiness = z.object({
  ready: z.boolean(),
  reasons: z.array(z.object({ name: z.string(), reason: z.string() })),
});

export const healthOperations: readonly Operation[] = [
  {
    ...about,
    path: '/livez',
    summary: 'Is the process alive',
    answers: [{ status: 200, description: 'It is.', schema: z.object({ status: z.literal('ok') }) }],
  },
  {
    ...about,
    path: '/readyz',
    summary: 'May it be given work',
    answers: [
      { status: 200, description: 'It may.', schema: readiness },
      { status: 503, description: 'It may not, and why.', schema: readiness },
    ],
  },
  {
    ...about,
    path: '/metrics',
    summary: 'Its numbers, for Prometheus',
    answers: [{ status: 200, description: 'Text.', schema: z.string(), contentType: 'text/plain' }],
  },
];
