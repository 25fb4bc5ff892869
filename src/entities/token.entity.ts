// A secret that stands for a person: the access and refresh tokens of a session, or an API token. Only its hash is kept.
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type Scope, type TokenKind, tokenKinds } from './account.enums.js';
import { bigintId, createdMoment, maybeMoment } from './columns.js';
import { Person } from './person.entity.js';

@Entity({ tableName: 'token' })
export class Token {
  @PrimaryKey(bigintId())
  id!: string;

  @Enum({ items: () => [...tokenKinds] })
  kind!: TokenKind;

  /** SHA-256 of the secret. */
  @Property({ type: 'Buffer' })
  @Unique()
  hash!: Buffer;

  @ManyToOne({ entity: () => Person, index: true })
  person!: Person;

  /** All tokens that came out of one sign-in; a reused refresh token revokes them together. */
  @Property({ type: 'uuid', nullable: true })
  @Index()
  family: string | null = null;

  /** When its session began: no chain of refreshes outlives 90 days. */
  @Property(maybeMoment())
  sessionStartedAt: Date | null = null;

  @Property({ type: 'text', nullable: true })
  name: string | null = null;

  /** The first letters of an API token, by which its owner knows it again. */
  @Property({ type: 'text', nullable: true })
  prefix: string | null = null;

  /** Null: a session that may do all that the role allows. */
  @Property({ type: 'text[]', nullable: true })
  scopes: Scope[] | null = null;

  @Property(createdMoment())
  createdAt!: Date;

  /** Null: an API token that does not end by itself. */
  @Property(maybeMoment())
  @Index()
  expiresAt: Date | null = null;

  /** When a refresh token was exchanged. */
  @Property(maybeMoment())
  usedAt: Date | null = null;

  @Property(maybeMoment())
  lastUsedAt: Date | null = null;

  @Property(maybeMoment())
  revokedAt: Date | null = null;
}
