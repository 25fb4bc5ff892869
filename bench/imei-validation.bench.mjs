// A million numbers offline: our verdict (every spelling told from no number, check digit, registrar, built-in models) against the
// bare Luhn loop. In turns, in a process of nothing else; ratios are taken round by round.
import { luhnDigit } from '../dist/src/domain/imei/imei-number.js';
import { offlineVerdict } from '../dist/src/domain/imei/offline-verdict.js';

const full = { many: 1_000_000, rounds: 15, warmUps: 3 };
const brief = { many: 50_000, rounds: 3, warmUps: 2 };
/** Half as fast. */
const wanted = 0.5;

export async function run({ short, say }) {
  const { many, rounds, warmUps } = short ? brief : full;
  const numbers = Array.from({ length: many }, (_, index) => numberOf(index));
  compareAnswers(numbers);
  const contestants = [
    { title: 'bare Luhn loop', count: () => countBare(numbers), perSecond: [] },
    { title: 'Switchboard', count: () => countOurs(numbers), perSecond: [] },
  ];
  for (let round = -warmUps; round < rounds; round++) {
    if (round % 5 === 0) say(`round ${round + 1} of ${rounds}`);
    for (const { count, perSecond } of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const begun = performance.now();
      count();
      if (round >= 0) perSecond.push(many / ((performance.now() - begun) / 1_000));
    }
  }
  return report({ contestants, many, rounds });
}

const tacs = ['35673511', '86327407', '35134435', '01233600', '49015420', '35327249', '99000481', '35226005'];

/** One in ten is mistyped. */
function numberOf(index) {
  const bare = `${tacs[index % tacs.length]}${String((index * 7_919) % 1_000_000).padStart(6, '0')}`;
  const digit = luhnDigit(bare);
  return `${bare}${index % 10 === 9 ? (digit + 1 + (index % 9)) % 10 : digit}`;
}

/** As it stands in every textbook: nothing is told but whether the sum is right. */
function passesLuhn(text) {
  let sum = 0;
  for (let index = 0; index < 15; index++) {
    let digit = text.charCodeAt(index) - 48;
    if (index % 2 === 1) {
      digit *= 2;
      if (digit > 9) digit -= 9;
    }
    sum += digit;
  }
  return sum % 10 === 0;
}

function countBare(numbers) {
  let valid = 0;
  for (const number of numbers) if (passesLuhn(number)) valid++;
  return valid;
}

function countOurs(numbers) {
  let valid = 0;
  for (const number of numbers) if (offlineVerdict(number).valid) valid++;
  return valid;
}

function compareAnswers(numbers) {
  const other = numbers.find((number) => offlineVerdict(number).valid !== passesLuhn(number));
  if (other !== undefined) throw new Error(`answers differ for ${other}`);
  if (countBare(numbers) !== (numbers.length * 9) / 10) throw new Error('nine in ten should be valid');
}

function report({ contestants, many, rounds }) {
  const [bare, ours] = contestants;
  const ratios = ours.perSecond.map((perSecond, round) => perSecond / bare.perSecond[round]);
  const row = ({ title, perSecond }) => [
    title,
    (median(perSecond) / 1e6).toFixed(1),
    (1e9 / median(perSecond)).toFixed(0),
  ];
  return {
    title: 'Validation of IMEIs',
    text: `${many} numbers of 15 digits as texts, one in ten with a wrong check digit, medians of ${rounds} rounds that alternate, in one thread. The loop says whether the sum is right; our verdict also tells every other spelling from no number, and gives TAC, registrar, brand and model of the built-in table. Answers are compared first.`,
    columns: ['what', 'million/s', 'ns each', 'ours ÷ it'],
    rows: [
      [
        ...row(bare),
        `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
      ],
      [...row(ours), ''],
    ],
    checks: [{ what: 'our verdicts ÷ bare Luhn loop', reached: median(ratios), wanted }],
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
