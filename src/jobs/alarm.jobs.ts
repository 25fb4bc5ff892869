// The tick that tells of open alarms to those who are not looking at the dashboard.
import type { ServiceHandlers } from './service-handlers.js';

export interface AlarmJobServices {
  readonly alarms: { tell(): Promise<void> };
}

export const alarmJobs: ServiceHandlers<AlarmJobServices, 'tellAlarms'> = {
  tellAlarms: ({ alarms }) => alarms.tell(),
};
