// A dashboard that watches one mailing over a WebSocket, and notes when each progress event came.
import { WebSocket } from 'ws';

/** `events`: what was told, with the milliseconds at which it came, by performance.now(). */
export async function watchProgress({ webUrl, token }, mailingId) {
  const socket = new WebSocket(`${webUrl.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
  const events = [];
  const begun = Promise.withResolvers();
  const query = `subscription { mailingProgress(mailingId: "${mailingId}") { stats { planned queued sending sent } } }`;
  const say = (message) => socket.send(JSON.stringify(message));
  socket.on('open', () => say({ type: 'connection_init', payload: { Authorization: `Bearer ${token}` } }));
  socket.on('error', begun.reject);
  socket.on('close', (code) => begun.reject(new Error(`the socket was closed: ${code}`)));
  socket.on('message', (data) => {
    const at = performance.now();
    const { type, payload } = JSON.parse(data);
    if (type === 'connection_ack') say({ id: '1', type: 'subscribe', payload: { query } });
    if (type === 'ping') say({ type: 'pong' });
    if (type === 'error' || payload?.errors) begun.reject(new Error(JSON.stringify(payload)));
    if (type !== 'next' || !payload.data) return;
    events.push({ at, ...payload.data.mailingProgress.stats });
    begun.resolve();
  });
  await begun.promise;
  return { events, end: () => socket.terminate() };
}
