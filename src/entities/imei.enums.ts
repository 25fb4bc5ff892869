// The value sets of IMEI checks.

export const imeiProblems = ['LENGTH', 'NOT_DIGITS', 'CHECKSUM', 'ALL_ZERO'] as const;
export type ImeiProblem = (typeof imeiProblems)[number];
