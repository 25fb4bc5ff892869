// People whose e-mails and numbers can be looked for in everything that is left behind, however they are dressed.

/** Nobody else's e-mail or number in this database is like these. */
export const planted = (n: number) => ({
  name: `Planted Name ${n}`,
  email: `Zoya.Planted${n}@Hidden-Mail.example`,
  phone: `+7 921 777-${String(10 + n)}-${String(30 + n)}`,
});

export const digitsOf = (n: number): string => planted(n).phone.replace(/\D/g, '').slice(1);

/** In clear, or in a dress that anybody takes off. */
function dresses(text: string): string[] {
  const bytes = Buffer.from(text);
  // Three alignments, without the letters that neighbours have a say in.
  const base64 = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return shifted.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  return [text, encodeURIComponent(text), bytes.toString('hex'), ...base64, [...text].reverse().join('')];
}

const wanted = Array.from({ length: 10 }, (_, n) => [
  planted(n).email,
  `planted${n}@hidden-mail.example`,
  planted(n).phone,
  digitsOf(n),
]).flat();
const searched = [...new Set(['hidden-mail.example', ...wanted].flatMap(dresses))].map((text) => text.toLowerCase());
export const traces = (text: string): string[] => {
  const lower = text.toLowerCase();
  return searched.filter((one) => lower.includes(one));
};
