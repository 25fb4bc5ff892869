// The moods of the local world, for rehearsals and drills; 404 where no simulator runs.
import { type SimulatorName, simulatorKinds, simulatorNames } from '../shared/simulators.js';
import { one, type RestRoute } from './route.js';

/** A page of somebody else on this machine must not put the local world into a mood. */
export const simulatorRoutes: readonly RestRoute[] = simulatorNames
  .flatMap(routesOf)
  .map((route) => ({ ...route, config: { sameOrigin: true } }));

function routesOf(name: SimulatorName): RestRoute[] {
  const about = { path: `/api/v1/simulators/${name}`, policy: 'simulators', tag: 'System' } as const;
  const { what, mood, state } = simulatorKinds[name];
  const noun = `${name[0]?.toUpperCase()}${name.slice(1)}Simulator`;
  return [
    one({
      ...about,
      id: `get${noun}`,
      method: 'GET',
      summary: `What the ${what} is doing`,
      status: 200,
      response: state,
      says: 'Its mood and what it has seen.',
      run: ({ simulators }) => simulators.state(name),
    }),
    one({
      ...about,
      id: `switch${noun}`,
      method: 'PUT',
      summary: `Puts the ${what} into a mood`,
      body: mood,
      status: 200,
      response: state,
      says: 'Its new mood and what it has seen until now.',
      run: ({ simulators }, { body }) => simulators.switch(name, body),
    }),
  ];
}
