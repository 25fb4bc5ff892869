// The operations endpoints, for the OpenAPI document; src/server/health.ts answers them. No I/O.
import { z } from 'zod';
import { type Operation, problems } from './operation.js';

/** Probes are neither limited nor turned away. */
const failure = { ...problems, statuses: () => [] };
const about = { method: 'GET', policy: 'open', tag: 'Operations', failure } as const;

const readiness = z
  .object({
    ready: z.boolean().describe('Whether it may be given work.'),
    reasons: z
      .array(
        z.object({
          name: z.string().describe('Of the part that is not ready.'),
          reason: z.string().describe('Why it is not.'),
        }),
      )
      .describe('Why not; empty where it is ready.'),
  })
  .meta({ id: 'Readiness', description: 'Whether this process may be given work.' });

const liveness = z
  .object({ status: z.literal('ok').describe('It answers.') })
  .meta({ id: 'Liveness', description: 'The process is alive.' });

export const healthOperations: readonly Operation[] = [
  {
    ...about,
    id: 'getLiveness',
    path: '/livez',
    summary: 'Is the process alive',
    answers: [{ status: 200, description: 'It is.', schema: liveness }],
  },
  {
    ...about,
    id: 'getReadiness',
    path: '/readyz',
    summary: 'May it be given work',
    answers: [
      { status: 200, description: 'It may.', schema: readiness },
      { status: 503, description: 'It may not, and why.', schema: readiness },
    ],
  },
  {
    ...about,
    id: 'getMetrics',
    path: '/metrics',
    summary: 'Its numbers, for Prometheus',
    answers: [{ status: 200, description: 'Text.', schema: z.string(), contentType: 'text/plain' }],
  },
];
