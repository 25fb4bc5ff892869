// A fingerprint of each encryption key, so that a start with the wrong key under a known name is refused.
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

@Entity({ tableName: 'key_check' })
export class KeyCheck {
  @PrimaryKey({ type: 'text' })
  kid!: string;

  @Property({ type: 'Buffer' })
  fingerprint!: Buffer;
}
