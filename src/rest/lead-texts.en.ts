// What is said in English to somebody who leaves their data.
import type { LeadTexts } from './lead-texts.js';

export const leadTextsEn: LeadTexts = {
  language: 'en',
  faults: {
    missing: 'This field is required.',
    string_type: 'A text is expected here.',
    string_too_long: 'Too long; make it shorter.',
    value_error: 'This value does not fit.',
    unreadable: 'The stored value can’t be read any more; give it again.',
  },
  faultsOf: {
    name: { missing: 'Give a name.', value_error: 'The name holds control characters; take them out.' },
    email: { missing: 'Give an e-mail address.', value_error: 'An e-mail address is expected, e.g. anna@example.com.' },
    phone: { missing: 'Give a phone number.', value_error: 'A phone number is expected, e.g. +7 900 123-45-67.' },
    ip_address: { value_error: 'An IP address is expected, e.g. 203.0.113.7.' },
    status: { value_error: 'It may be NEW, CONTACTED, QUALIFIED, CONVERTED or LOST.' },
    limit: { value_error: 'A number from 1 to 100 is expected.' },
    offset: { value_error: 'A whole number is expected, 0 or more.' },
  },
  reasons: {
    DUPLICATE_EMAIL: 'This e-mail address is known to us already.',
    DUPLICATE_PHONE: 'This phone number is known to us already.',
    DUPLICATE_IP: 'Somebody left their contacts from this IP address before.',
    IDEMPOTENCY_KEY_REUSED: 'This Idempotency-Key came with other data before.',
    ADDRESS_BLOCKED: 'This address is blocked. Ask whoever runs this server.',
    PASSWORD_CHANGE_REQUIRED: 'Change the one-time password first.',
  },
  limited: (seconds) => `Too many attempts. Try again in ${seconds} s.`,
  codes: {
    UNAUTHENTICATED: 'Sign in: there is no token, or it does not count.',
    FORBIDDEN: 'This account may not do that.',
    NOT_FOUND: 'There is no such lead.',
    UNAVAILABLE: 'The server can’t take it at this moment. Nothing was stored; try again a little later.',
    INTERNAL: 'Something went wrong on our side. Nothing was stored; try again.',
  },
  statuses: {
    408: 'The request took too long to arrive; try again.',
    413: 'Too much data; make it shorter.',
    415: 'Send application/json, or a form without files.',
  },
  unreadable: 'The request can’t be read: a JSON object with name, email and phone is expected.',
  marked: 'Check the marked fields.',
  page: {
    title: 'Leave your contacts',
    about: 'We will get in touch with you.',
    name: 'Name',
    email: 'E-mail',
    phone: 'Phone',
    phoneHint: 'Outside Russia: with a plus and the country’s code.',
    send: 'Send',
    error: 'Error',
    kept: 'E-mail and phone are stored encrypted. Your IP address is stored too: contacts can be left once from one address.',
    languages: 'Language',
    thanks: 'Thank you!',
    taken: 'We have your contacts and will get in touch with you.',
  },
};
