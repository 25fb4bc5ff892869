// The migrations in their order, named so that a bundler, a rename or a missing file cannot change what has run.
import type { Constructor } from '@mikro-orm/core';
import type { Migration } from '@mikro-orm/migrations';
import { Migration20261120000000 } from '../../migrations/Migration20261120000000.js';
import { Migration20261120010000 } from '../../migrations/Migration20261120010000.js';
import { Migration20261120020000 } from '../../migrations/Migration20261120020000.js';
import { Migration20261120030000 } from '../../migrations/Migration20261120030000.js';
import { Migration20261121000000 } from '../../migrations/Migration20261121000000.js';
import { Migration20261122000000 } from '../../migrations/Migration20261122000000.js';
import { Migration20261123000000 } from '../../migrations/Migration20261123000000.js';
import { Migration20261123010000 } from '../../migrations/Migration20261123010000.js';
import { Migration20261124000000 } from '../../migrations/Migration20261124000000.js';
import { Migration20261124010000 } from '../../migrations/Migration20261124010000.js';
import { Migration20261124020000 } from '../../migrations/Migration20261124020000.js';
import { Migration20261124030000 } from '../../migrations/Migration20261124030000.js';
import { Migration20261125000000 } from '../../migrations/Migration20261125000000.js';
import { Migration20261126000000 } from '../../migrations/Migration20261126000000.js';
import { Migration20261201020000 } from '../../migrations/Migration20261201020000.js';
import { Migration20261201030000 } from '../../migrations/Migration20261201030000.js';
import { Migration20261201050000 } from '../../migrations/Migration20261201050000.js';
import { Migration20261201080000 } from '../../migrations/Migration20261201080000.js';

export const migrationsList: { name: string; class: Constructor<Migration> }[] = [
  { name: '20261120000000_accounts', class: Migration20261120000000 },
  { name: '20261120010000_live_events', class: Migration20261120010000 },
  { name: '20261120020000_scheduled_jobs', class: Migration20261120020000 },
  { name: '20261120030000_limits', class: Migration20261120030000 },
  { name: '20261121000000_mailings', class: Migration20261121000000 },
  { name: '20261122000000_claims_in_turn', class: Migration20261122000000 },
  { name: '20261123000000_leads', class: Migration20261123000000 },
  { name: '20261123010000_leads_together', class: Migration20261123010000 },
  { name: '20261124000000_tacs', class: Migration20261124000000 },
  { name: '20261124010000_imei_checks', class: Migration20261124010000 },
  { name: '20261124020000_imei_batches', class: Migration20261124020000 },
  { name: '20261124030000_imei_watches', class: Migration20261124030000 },
  { name: '20261125000000_answers_noted', class: Migration20261125000000 },
  { name: '20261126000000_lighter_messages', class: Migration20261126000000 },
  { name: '20261201020000_import_values', class: Migration20261201020000 },
  { name: '20261201030000_imei_payers', class: Migration20261201030000 },
  { name: '20261201050000_test_messages', class: Migration20261201050000 },
  { name: '20261201080000_large_mailings', class: Migration20261201080000 },
];
