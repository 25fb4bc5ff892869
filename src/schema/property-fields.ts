// Fields that are mere properties of what a resolver returned keep no resolver of their own, so that compiled queries
// read them in line. TypeGraphQL would give each a closure that makes an object for every value.
import { getMetadataStorage } from 'type-graphql';

/** Before buildSchema: fields with another name, middleware or roles keep what TypeGraphQL makes for them. */
export function readPropertiesInline(): void {
  const { fields, middlewares, authorizedFields } = getMetadataStorage();
  const special = [...middlewares, ...authorizedFields];
  for (const field of fields) {
    const isSpecial = special.some(({ target, fieldName }) => target === field.target && fieldName === field.name);
    if (field.simple === undefined && field.schemaName === field.name && !isSpecial) field.simple = true;
  }
}
