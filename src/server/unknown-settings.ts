// Names in `.env` that are no settings: told by name, with the setting that was probably meant. The environment itself is full of
// other programs' names and is not looked at.
import { namesInDotenv, settings } from '../config.js';
import { didYouMean } from '../shared/did-you-mean.js';

const names = Object.keys(settings);

/** What docker-compose.yml reads of the same file, for itself. */
export const composeNames: readonly string[] = ['POSTGRES_PASSWORD', 'SIMULATORS_PORT', 'WEB_PORTS'];

/** One sentence for each. */
export function unknownSettings(root?: string): string[] {
  return namesInDotenv(root)
    .filter((name) => !names.includes(name) && !composeNames.includes(name) && !name.startsWith('COMPOSE_'))
    .map((name) => {
      const meant = didYouMean(name, names);
      return `.env: ${name} is not a setting and is ignored${meant ? `; did you mean ${meant}?` : '.'}`;
    });
}
