// Models of phones by their TAC, as the operator's file has them.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261124000000 extends Migration {
  override up(): void {
    this.addSql(`create table "tac" ("tac" text not null primary key, "brand" text null, "model" text null);`);
  }
}
