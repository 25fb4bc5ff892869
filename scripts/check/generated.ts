// schema.graphql and the documents that are written from the code: compared, or written anew.
import { readFile, writeFile } from 'node:fs/promises';
import { loadAccountEnums, loadConfig, loadErrors, loadPermissions, loadPolicies, loadSchema } from './built.js';
import { configurationDocument, environmentExample, errorsDocument, permissionsDocument } from './documents.js';
import { permissionTable } from './permission-table.js';

export async function checkGenerated(): Promise<string[]> {
  const files = await contents();
  const stale = await Promise.all(
    [...files].map(async ([path, content]) => {
      const committed = await readFile(path, 'utf8').catch(() => undefined);
      return committed === content
        ? []
        : [`${path} is ${committed === undefined ? 'missing' : 'out of date'}: npm run generate`];
    }),
  );
  return stale.flat();
}

export async function generate(): Promise<void> {
  for (const [path, content] of await contents()) await writeFile(path, content);
}

async function contents(): Promise<Map<string, string>> {
  const [{ settings }, errors, { may }, { rootFields }, { roles, scopes }, schema] = await Promise.all([
    loadConfig(),
    loadErrors(),
    loadPolicies(),
    loadPermissions(),
    loadAccountEnums(),
    loadSchema(),
  ]);
  return new Map([
    ['schema.graphql', await schema.printedSchema()],
    ['docs/CONFIGURATION.md', configurationDocument(settings)],
    ['.env.example', environmentExample(settings)],
    ['docs/ERRORS.md', errorsDocument(errors)],
    ['docs/PERMISSIONS.md', permissionsDocument(permissionTable({ may, rootFields, roles, scopes }))],
  ]);
}
