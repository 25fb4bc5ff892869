// Processes that a bench starts: each is told to end when the bench does, and ends by itself when the bench dies.
import { fork } from 'node:child_process';

export class Children {
  #all = [];

  /** A server of bench/servers: where it listens, and how many milliseconds of CPU it has used. */
  async server(file, env) {
    const child = this.#fork(`servers/${file}`, env);
    const [{ url }] = await heard(child);
    const cpu = async () => {
      child.send('cpu');
      const [{ user, system }] = await heard(child);
      return (user + system) / 1_000;
    };
    return { url, cpu };
  }

  /** A program of bench/senders: give it messages, get the seconds that they took. */
  async sender(file, env) {
    const child = this.#fork(`senders/${file}`, env);
    await heard(child);
    return async (order) => {
      child.send(order);
      const [{ seconds, error }] = await heard(child);
      if (error) throw new Error(error);
      return seconds;
    };
  }

  /** A load generator: give it orders, get results. */
  load() {
    return this.#generator('load.mjs');
  }

  /** The same, of people who leave their data. */
  leads() {
    return this.#generator('lead-load.mjs');
  }

  #generator(file) {
    const child = this.#fork(file, {});
    let id = 0;
    return async (order) => {
      child.send({ ...order, id: ++id });
      const [{ result }] = await heard(child);
      if (result.error) throw new Error(result.error);
      return result;
    };
  }

  async close() {
    await Promise.all(
      this.#all.map((child) => {
        if (child.exitCode !== null || child.signalCode !== null) return undefined;
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.disconnect();
        return gone;
      }),
    );
  }

  #fork(file, env) {
    const inherited = { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...env };
    const child = fork(new URL(file, import.meta.url), {
      env: inherited,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#all.push(child);
    return child;
  }
}

function heard(child) {
  return new Promise((resolve, reject) => {
    const settle =
      (how) =>
      (...what) => {
        child.off('message', answered).off('exit', gone);
        how(what);
      };
    const answered = settle(resolve);
    const gone = settle(([code, signal]) => reject(new Error(`${child.spawnargs[1]} ended: ${code ?? signal}`)));
    child.once('message', answered).once('exit', gone);
  });
}
