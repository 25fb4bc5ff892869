// Alarms as JSON to ALERT_WEBHOOK_URL. Anything but 2xx is a refusal, and the alarm is told again at the next tick.
import type { Egress } from '../../shared/egress.js';
import { Failure } from '../../shared/errors.js';
import type { AlertGateway } from './port.js';

const timeoutMs = 5_000;

export const alertWebhook = (url: string, egress: Egress): AlertGateway => ({
  async send(alert) {
    const { status } = await egress.exchange({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ source: 'switchboard', ...alert }),
      timeoutMs,
    });
    if (status < 200 || status > 299) throw new Failure('UPSTREAM_FAILED', `The alert webhook answered ${status}.`);
  },
});
