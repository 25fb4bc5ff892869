// One query for each batch of relations of one operation, however many parents ask.
import DataLoader from 'dataloader';
import type { PersonRow } from '../domain/accounts/person.rows.js';
import type { Services } from '../domain/services.js';

export class Loaders {
  readonly users: DataLoader<string, PersonRow>;

  constructor(services: Services) {
    this.users = batch((ids) => services.users.byIds(ids), 'person');
  }
}

/** A parent that names a row which is not there is a broken reference, not an empty answer. */
function batch<Row>(
  load: (ids: readonly string[]) => Promise<Map<string, Row>>,
  noun: string,
): DataLoader<string, Row> {
  return new DataLoader(async (ids) => {
    const rows = await load(ids);
    return ids.map((id) => rows.get(id) ?? new Error(`no ${noun} under a referenced id`));
  });
}
