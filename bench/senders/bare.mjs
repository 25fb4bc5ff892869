// Nothing but the sending: messages that are in memory, no record of what was sent.
import { connections, obey, openGateway } from './exchange.mjs';

const deliver = openGateway(process.env.GATEWAY_URL);

obey(async ({ messages }) => {
  let next = 0;
  const loop = async () => {
    while (next < messages.length) {
      const message = messages[next];
      next += 1;
      await deliver(message);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
});
