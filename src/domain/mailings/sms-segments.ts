// How many SMS a text takes: GSM 03.38 where its alphabet will do, UCS-2 otherwise (3GPP TS 23.038, 23.040). No I/O.

/** One SMS holds `alone` units; the parts of a longer text hold `inParts` each, since their headers take the rest. */
interface Coding {
  readonly alone: number;
  readonly inParts: number;
  readonly unitsOf: (character: string) => number;
}

const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Written as an escape and a second character. */
const extension = new Set('\f^{}\\[~]|€');

const gsm7: Coding = { alone: 160, inParts: 153, unitsOf: (character) => (extension.has(character) ? 2 : 1) };
/** Surrogate pairs are two units. */
const ucs2: Coding = { alone: 70, inParts: 67, unitsOf: (character) => character.length };

export function smsSegments(text: string): number {
  const characters = [...text];
  const isGsm7 = characters.every((character) => basic.has(character) || extension.has(character));
  const { alone, inParts, unitsOf } = isGsm7 ? gsm7 : ucs2;
  const units = characters.map(unitsOf);
  if (units.reduce((sum, size) => sum + size, 0) <= alone) return 1;
  let segments = 1;
  let filled = 0;
  // What takes two units is never cut in two: it goes into the next part as a whole.
  for (const size of units) {
    if (filled + size > inParts) {
      segments++;
      filled = 0;
    }
    filled += size;
  }
  return segments;
}
