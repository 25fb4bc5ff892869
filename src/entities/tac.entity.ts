// Which model a TAC stands for, from the file that the operator brought; it is believed before what is built in.
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

@Entity({ tableName: 'tac' })
export class Tac {
  /** Eight digits. */
  @PrimaryKey({ type: 'text' })
  tac!: string;

  @Property({ type: 'text', nullable: true })
  brand: string | null = null;

  @Property({ type: 'text', nullable: true })
  model: string | null = null;
}
