// What is asked of the simulated IMEI provider, and what is wrong with it in the words of Laravel. No I/O.
import { type SoldService, soldServices } from './imei-services.js';
import { parseJson } from './simulator.js';

export type CheckRequest =
  | { readonly deviceId: string; readonly service: SoldService }
  | { readonly deviceId: string; readonly complaint: string };

/** JSON or a form, as the real one takes both; a number may come as text. */
export function checkRequest(body: string | undefined, contentType = ''): CheckRequest {
  const form = contentType.startsWith('application/x-www-form-urlencoded');
  const parsed = form ? Object.fromEntries(new URLSearchParams(body)) : parseJson(body);
  const { deviceId, serviceId } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Record<
    string,
    unknown
  >;
  const service = soldServices.find(({ id }) => String(id) === String(serviceId));
  const device = typeof deviceId === 'string' ? deviceId : '';
  const errors = {
    ...complain('deviceId', complaintAboutDevice(deviceId)),
    ...complain('serviceId', complaintAboutService(serviceId, service)),
  };
  if (service && Object.keys(errors).length === 0) return { deviceId: device, service };
  const [message = ''] = Object.values(errors).flat();
  return { deviceId: device, complaint: JSON.stringify({ message, errors }) };
}

const complain = (field: string, complaint: string | undefined) => (complaint ? { [field]: [complaint] } : {});

function complaintAboutDevice(deviceId: unknown): string | undefined {
  if (deviceId === undefined || deviceId === null || deviceId === '') return 'The device id field is required';
  if (typeof deviceId !== 'string') return 'The device id must be a string';
  if (!/^[A-Za-z0-9]*$/.test(deviceId)) return 'The device id must only contain letters and numbers';
  return /^.{8,15}$/.test(deviceId) ? undefined : 'The device id must be between 8 and 15 characters';
}

function complaintAboutService(serviceId: unknown, service: SoldService | undefined): string | undefined {
  if (serviceId === undefined || serviceId === null || serviceId === '') return 'The service id field is required';
  return service ? undefined : 'The selected service id is invalid';
}
