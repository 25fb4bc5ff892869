// In which of our two languages somebody wants to be answered. No I/O.

export const languages = ['ru', 'en'] as const;
export type Language = (typeof languages)[number];

export const isLanguage = (text: unknown): text is Language => text === 'ru' || text === 'en';

/** Of an Accept-Language header; English for those who want neither. */
export function languageOf(header: string | undefined): Language {
  const wanted = (header ?? '').split(',').flatMap((range) => {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    const [language] = tag.split('-');
    return isLanguage(language) && weight > 0 ? [{ language, weight }] : [];
  });
  return wanted.sort((one, other) => other.weight - one.weight)[0]?.language ?? 'en';
}
