// The compiled program, as scripts use it; bootstrap has brought dist/ up to date before they run.
export const loadConfig = (): Promise<typeof import('../../src/config.js')> => import(built('config'));
export const loadErrors = (): Promise<typeof import('../../src/shared/errors.js')> => import(built('shared/errors'));
export const loadPolicies = (): Promise<typeof import('../../src/auth/policies.js')> => import(built('auth/policies'));
export const loadPermissions = (): Promise<typeof import('../../src/schema/permissions.js')> =>
  import(built('schema/permissions'));
export const loadAccountEnums = (): Promise<typeof import('../../src/entities/account.enums.js')> =>
  import(built('entities/account.enums'));
export const loadDatabase = (): Promise<typeof import('../../src/server/database.js')> =>
  import(built('server/database'));
export const loadEmbeddedPostgres = (): Promise<typeof import('../../src/server/embedded-postgres.js')> =>
  import(built('server/embedded-postgres'));
export const loadRest = (): Promise<typeof import('../../src/rest/mount.js')> => import(built('rest/mount'));

export const loadSchema = (): Promise<typeof import('../../src/server/product-schema.js')> =>
  import(built('server/product-schema'));

const built = (name: string): string => new URL(`../../dist/src/${name}.js`, import.meta.url).href;
