// Rotation of the keys that leads are sealed with.
import { Ctx, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { KeyRotationRow } from '../domain/leads/lead-keys.rows.js';
import { KeyRotation } from '../schema/key-rotation.type.js';
import type { GraphqlContext } from './context.js';

@Resolver()
export class LeadKeysResolver {
  @Query(() => KeyRotation, {
    nullable: true,
    description: 'The rotation under way, or the last one; null before the first.',
  })
  async leadKeyRotation(@Ctx() { services }: GraphqlContext): Promise<KeyRotation | null> {
    return (await services.leadKeys.rotation()) ?? null;
  }

  @Mutation(() => KeyRotation, {
    description:
      'Brings all leads to the first key of ENCRYPTION_KEYS, in the background. CONFLICT where they are under it already, or another rotation has not ended.',
  })
  rotateLeadKeys(@Ctx() { services }: GraphqlContext): Promise<KeyRotation> {
    return services.leadKeys.rotate();
  }

  @Subscription(() => KeyRotation, {
    description: 'The rotation under way or the last one, then as it gets on, at most 4 a second.',
    subscribe: ({ context }: { context: GraphqlContext }) => context.live.watch({ topic: 'leadKeys' }),
  })
  leadKeyRotationProgress(@Root() rotation: KeyRotationRow): KeyRotation {
    return rotation;
  }
}
