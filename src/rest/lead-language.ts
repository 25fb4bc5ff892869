// In which language somebody who leaves their data is answered: the one that they chose on the page, or the one that their
// browser asks for.
import type { IncomingHttpHeaders } from 'node:http';
import { isLanguage, type Language, languageOf } from './accept-language.js';
import { leadTextsEn } from './lead-texts.en.js';
import type { LeadTexts } from './lead-texts.js';
import { leadTextsRu } from './lead-texts.ru.js';

export const textsFor = (headers: IncomingHttpHeaders, chosen?: unknown): LeadTexts =>
  texts[isLanguage(chosen) ? chosen : languageOf(headers['accept-language'])];

const texts: Readonly<Record<Language, LeadTexts>> = { ru: leadTextsRu, en: leadTextsEn };
