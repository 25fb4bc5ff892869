// Lets one bootstrap at a time change node_modules and dist/: held while it lives, or the child that it started,
// because npm goes on when only its parent is killed. Plain Node 20, like bootstrap.mjs.

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export async function takeLock(file) {
  mkdirSync(dirname(file), { recursive: true });
  for (let told = false; !tryLock(file); ) {
    if (isAbandoned(file)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) console.error('Another npm command is installing or compiling; waiting for it …');
    told = true;
    await sleep(200);
  }
  return {
    shareWith: (pid) => writeFileSync(file, `${identify(process.pid)}\n${identify(pid)}\n`),
    release: () => rmSync(file, { force: true }),
  };
}

function tryLock(file) {
  try {
    writeFileSync(file, `${identify(process.pid)}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

function isAbandoned(file) {
  const holders = read(file).split('\n').filter(Boolean);
  if (holders.length > 0) return !holders.some((holder) => holder === identify(Number.parseInt(holder, 10)));
  // Empty for the moment in which it is written, or for ever when its writer died in that moment.
  const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
  return Date.now() - mtimeMs > 5_000;
}

/** A process by its number and its start, because numbers are used again. */
function identify(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return '';
  }
  const status = read(`/proc/${pid}/stat`);
  const [state, ...fields] = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? '' : `${pid} ${fields[18] ?? ''}`;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
