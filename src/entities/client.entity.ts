// A person of the directory, known by the number. One who is deleted is hidden: messages and calls still refer to them.
import { Entity, Index, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { bigintId, createdMoment, maybeMoment } from './columns.js';

@Entity({ tableName: 'client' })
@Index({ properties: ['tag', 'id'] })
@Index({ properties: ['operatorCode', 'id'] })
export class Client {
  @PrimaryKey(bigintId())
  id!: string;

  /** 7XXXXXXXXXX. */
  @Property({ type: 'text' })
  @Unique()
  phone!: string;

  @Property({ type: 'text' })
  operatorCode!: string;

  @Property({ type: 'text', default: '' })
  tag = '';

  @Property({ type: 'text' })
  timezone!: string;

  @Property({ type: 'text', nullable: true })
  name: string | null = null;

  @Property(createdMoment())
  createdAt!: Date;

  @Property(createdMoment())
  updatedAt!: Date;

  @Property(maybeMoment())
  hiddenAt: Date | null = null;
}
