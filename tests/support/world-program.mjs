// The local world as a process of its own, from dist/: for tests and benches. Its options come as JSON in the first argument,
// its port goes over IPC; it ends with its parent.
import { openWorld } from '../../dist/src/simulators/world.js';

const world = await openWorld({ host: '127.0.0.1', ...JSON.parse(process.argv[2] ?? '{}') });
process.once('disconnect', () => void world.close().then(() => process.exit()));
process.send({ port: world.port });
