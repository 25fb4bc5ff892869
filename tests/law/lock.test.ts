// What the lock file promises: npm checks every package against it, the Node that the program runs on among them.
import { readFileSync } from 'node:fs';

interface Locked {
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
  readonly os?: string | readonly string[];
}

const locked = Object.entries(
  (JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> }).packages,
);

it('installs no package that npm cannot check, those of single platforms apart', () => {
  const unchecked = locked.filter(([path, { integrity, os }]) => path && !integrity && !os);
  expect(unchecked.map(([path]) => path)).toEqual([]);
});

it('brings the Node that it runs on as a package of the lock file, without an install of its own', () => {
  const node = locked.filter(([path]) => /^node_modules\/node-(linux|darwin|bin-darwin|win)-/.test(path));
  expect(node.map(([path]) => path)).toEqual(
    ['bin-darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win-x64'].map(
      (name) => `node_modules/node-${name}`,
    ),
  );
  // Those of macOS have none yet: the registry that the lock file was made from did not offer them.
  const checked = node
    .filter(([, { integrity }]) => integrity)
    .map(([path]) => path.slice('node_modules/node-'.length));
  expect(checked).toEqual(expect.arrayContaining(['linux-arm64', 'linux-x64', 'win-x64']));
  expect(node.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  expect(locked.map(([path]) => path)).not.toContain('node_modules/node');
});
