// Brand and model of the few models that are known without the operator's file: facts found by hand. No I/O.

export interface TacModel {
  readonly brand: string | null;
  readonly model: string | null;
}

/** Brand, model, and the TACs that it was made under. */
const models: readonly (readonly [brand: string, model: string, ...tacs: number[]])[] = [
  ['Apple', 'iPhone', 1124500, 1154600],
  ['Apple', 'iPhone 3G', 1161200, 1174400, 1180800, 1181200, 1193400],
  ['Apple', 'iPhone 3GS', 1194800, 1215800, 1215900, 1216100, 1226800],
  ['Apple', 'iPhone 4', 1233600, 1233700, 1233800, 1243000, 1253600],
  ['Apple', 'iPhone 5', 1332700],
  ['Apple', 'iPhone 6', 35925406],
  ['Apple', 'iPhone 8', 35299209],
  ['Apple', 'iPhone 12 Pro Max', 35673511],
  ['Google', 'Galaxy Nexus', 35174605],
  ['HTC', 'Wildfire', 35902803],
  ['Motorola', 'Defy Mini', 35191405],
  ['Nokia', '3410', 35089080, 35099480, 35148420],
  ['Nokia', 'N900', 35693803],
  ['Nokia', 'N95', 35699601],
  ['Samsung', 'Galaxy S III', 35226005, 35316605],
  ['Sony Ericsson', 'K770i', 35238402],
];

const byTac = new Map(models.flatMap(([brand, model, ...tacs]) => tacs.map((tac) => [tac, { brand, model }] as const)));

export const knownTac = (tac: number): TacModel | undefined => byTac.get(tac);
