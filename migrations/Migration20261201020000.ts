// Problems of an import say what stood in the file.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261201020000 extends Migration {
  override up(): void {
    this.addSql('alter table import_problem add column value text;');
  }
}
