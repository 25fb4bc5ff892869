// A rotation of the leads' keys, as admins see it.
import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Leads being brought to a new encryption key.' })
export class KeyRotation {
  @Field(() => String, { description: 'Name of the key in ENCRYPTION_KEYS that the leads are brought to.' })
  keyId!: string;

  @Field(() => Int, { description: 'Leads to be looked at.' })
  total!: number;

  @Field(() => Int, {
    description: 'Those looked at. Some that can’t be read may be among them: an alarm says how many.',
  })
  done!: number;

  @Field(() => Date, {
    nullable: true,
    description: 'When nothing was left to do, the old indexes emptied included; older keys are needed until then.',
  })
  finishedAt!: Date | null;
}
