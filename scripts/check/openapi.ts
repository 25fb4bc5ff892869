// The OpenAPI document, made without a server, against the specification's own schema.
import { Validator } from '@seriousme/openapi-schema-validator';
import { loadRest } from './built.js';

export async function checkOpenApi(): Promise<string[]> {
  const { describeRest } = await loadRest();
  const { valid, errors } = await new Validator().validate({ ...describeRest('0.0.0', 'https://switchboard.example') });
  if (valid) return [];
  return typeof errors === 'string' ? [errors] : (errors ?? []).map((error) => JSON.stringify(error));
}
