// Every word that a failure can carry beside its code, with its meaning: the codes of fields at fault, and the reasons.
// A word that is not listed here does not compile where it is thrown. Lists for clients and documents are made of these.

/** What `fields[].code` can be. */
export const fieldCodes = {
  REQUIRED: 'It is missing.',
  INVALID_TYPE: 'It is missing, or not of the expected type.',
  INVALID_VALUE: 'It is none of the values that are allowed, or not of the expected type.',
  INVALID_FORMAT: 'It is not written as expected.',
  INVALID_UNION: 'It fits none of the shapes that are allowed.',
  INVALID_KEY: 'A key of the object is not as expected.',
  INVALID_ELEMENT: 'An element of the collection is not as expected.',
  NOT_MULTIPLE_OF: 'The number is not a multiple of the expected step.',
  TOO_SMALL: 'The number, text or list is smaller than the least that is allowed.',
  TOO_BIG: 'The number, text or list is larger than the most that is allowed.',
  CUSTOM: 'It breaks a rule that `message` tells.',
  FORMAT: 'It is not written as expected.',
  OUT_OF_RANGE: 'The number is outside of its range.',
  EXCLUSIVE: 'It cannot be combined with another argument that was given.',
  CURSOR: 'It is not a cursor of this list.',
  INVALID: 'It is not the id of an event.',
  UNKNOWN: 'The input has no field or parameter of that name; or no event has that id yet.',
  WITHOUT_FILE: 'The parameter goes with an uploaded file; with JSON it is a key of the body.',
  PAST: 'The moment has passed.',
  PASSED: 'The value cannot change any more: its moment has passed.',
  ORDER: 'The end is not after the start.',
  WRONG: 'The password is not the current one.',
  NOT_OFFERED: 'The IMEI provider offers no service of that id.',
  BEYOND: 'The scope is more than the person or the session may do.',
  MASKED: 'This account sees the value masked, so it cannot search by the whole of it.',
  MALFORMED_TEXT: 'The text holds half of a surrogate pair, which is no Unicode.',
  UNREADABLE: 'The stored value or the file cannot be read.',
  EMPTY: 'The file is empty.',
  TOO_LARGE: 'The file is too large.',
  TOO_MANY: 'More than one file was sent.',
  UNSUPPORTED: 'Files of this kind are not read here.',
  LENGTH: 'An IMEI has another number of digits.',
  NOT_DIGITS: 'An IMEI has digits only.',
  CHECKSUM: 'The check digit of the IMEI does not fit.',
  ALL_ZERO: 'An IMEI of zeros only belongs to no device.',
} as const satisfies Readonly<Record<string, string>>;

export type FieldCode = keyof typeof fieldCodes;
export const isFieldCode = (code: unknown): code is FieldCode =>
  typeof code === 'string' && Object.hasOwn(fieldCodes, code);
export const fieldCodeNames = Object.keys(fieldCodes) as [FieldCode, ...FieldCode[]];

/** What `reasons` can hold, by the code that it comes with. */
export const reasonsByCode = {
  FORBIDDEN: {
    PASSWORD_CHANGE_REQUIRED: 'The password is a one-time one; change it first.',
    ADDRESS_BLOCKED: "The caller's address is blocked.",
  },
  CONFLICT: {
    DUPLICATE_EMAIL: 'A lead with this e-mail address exists.',
    DUPLICATE_PHONE: 'A lead or a client with this phone number exists.',
    DUPLICATE_IP: 'A lead from this IP address exists.',
    DUPLICATE_LOGIN: 'A person with this login exists.',
    DUPLICATE_TELEGRAM_ID: 'The Telegram account belongs to another person.',
    IDEMPOTENCY_KEY_REUSED: 'The idempotency key came with another input before.',
    LAST_ADMIN: 'The change would leave no ADMIN who can sign in.',
    OWN_ADDRESS: "The range to be blocked contains the caller's own address.",
    SUPPRESSED: 'The number must not be contacted on this channel.',
    TOO_MANY_TOKENS: 'The person has as many live API tokens as is allowed.',
    TOO_MANY_WATCHES: 'The person watches as many devices as is allowed.',
    KEY_UNCHANGED: 'All leads are encrypted with the current key already.',
    ROTATION_UNDER_WAY: 'Leads are being re-encrypted with another key.',
    SCHEDULED: 'The mailing is SCHEDULED, which does not allow the operation.',
    RUNNING: 'The mailing is RUNNING, or at its end, which does not allow the operation.',
    PAUSED: 'The mailing is PAUSED, or at its end, which does not allow the operation.',
    COMPLETED: 'The mailing is COMPLETED, which does not allow the operation.',
    EXPIRED: 'The mailing is EXPIRED, which does not allow the operation.',
    CANCELLED: 'The mailing is CANCELLED, which does not allow the operation.',
  },
  UPSTREAM_FAILED: {
    IMEI_PROVIDER: 'The IMEI provider failed.',
  },
  UNAVAILABLE: {
    IMEI_PROVIDER: 'The IMEI provider is unavailable or not configured.',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

type ReasonsByCode = typeof reasonsByCode;

/** The reasons that come with a code; none for most codes. */
export type ReasonOf<Code extends string> = Code extends keyof ReasonsByCode
  ? keyof ReasonsByCode[Code] & string
  : never;

export type Reason = ReasonOf<keyof ReasonsByCode>;
export const reasonNames = [...new Set(Object.values(reasonsByCode).flatMap((words) => Object.keys(words)))] as [
  Reason,
  ...Reason[],
];
