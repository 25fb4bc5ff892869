// The moods of the local world, for rehearsals and drills; 404 where no simulator runs.
import { gatewayMood, gatewayState } from '../shared/gateway-mood.js';
import { one, type RestRoute } from './route.js';

const about = { path: '/api/v1/simulators/gateway', policy: 'simulators', tag: 'System' } as const;

export const simulatorRoutes: readonly RestRoute[] = [
  one({
    ...about,
    method: 'GET',
    summary: 'What the simulated message gateway is doing',
    status: 200,
    response: gatewayState,
    says: 'Its mood and what it has seen.',
    run: ({ simulators }) => simulators.gateway(),
  }),
  one({
    ...about,
    method: 'PUT',
    summary: 'Puts the simulated message gateway into a mood',
    body: gatewayMood,
    status: 200,
    response: gatewayState,
    says: 'Its new mood and what it has seen until now.',
    run: ({ simulators }, { body }) => simulators.switchGateway(body),
  }),
];
