// The state of the system: status, ticks, alarms, and the list of error codes.
import { Arg, Ctx, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { AlarmRow } from '../domain/system/alarms.service.js';
import { Alarm, ErrorInfo, ScheduledJob, SystemStatus } from '../schema/system.type.js';
import { detailsOf, errorCodeNames, errorCodes } from '../shared/errors.js';
import type { GraphqlContext } from './context.js';

const errorInfos = errorCodeNames.map((code): ErrorInfo => {
  const { reasons, fieldCodes } = detailsOf(code);
  return { code, ...errorCodes[code], reasons: Object.keys(reasons), fieldCodes: Object.keys(fieldCodes) };
});

@Resolver()
export class SystemResolver {
  @Query(() => [ErrorInfo], { description: 'The whole list, for clients and docs.' })
  errorCodes(): ErrorInfo[] {
    return errorInfos;
  }

  @Query(() => SystemStatus, { description: 'What runs here, on what, since when, and what is wrong with it.' })
  systemStatus(@Ctx() { services }: GraphqlContext) {
    return services.system.status();
  }

  @Query(() => [ScheduledJob], { description: 'The ticks of the scheduler.' })
  scheduledJobs(@Ctx() { services }: GraphqlContext): Promise<ScheduledJob[]> {
    return services.system.scheduledJobs();
  }

  @Mutation(() => Boolean, { description: 'Takes an alarm on: it is no longer open.' })
  async acknowledgeAlarm(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the alarm.' }) id: string,
  ): Promise<boolean> {
    await services.alarms.acknowledge(id);
    return true;
  }

  @Subscription(() => Alarm, {
    description: 'Open alarms first, then each that is raised or taken on.',
    subscribe: ({ context }: { context: GraphqlContext }) => context.live.watch({ topic: 'alarm' }),
  })
  alarms(@Root() alarm: AlarmRow): Alarm {
    return alarm;
  }
}
