// Counters of attempts to sign in, where no Redis keeps them. The columns are those of rate-limiter-flexible.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261120030000 extends Migration {
  override up(): void {
    this.addSql(
      'create table rate_limit (key varchar(255) primary key, points integer not null default 0, expire bigint)',
    );
    this.addSql('create index rate_limit_expire_index on rate_limit (expire)');
  }

  override down(): void {
    this.addSql('drop table rate_limit');
  }
}
