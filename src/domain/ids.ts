// Ids as clients send them. One that cannot exist is simply not found.

const greatest = 9_223_372_036_854_775_807n;

export const isId = (id: string): boolean => /^[1-9]\d{0,18}$/.test(id) && BigInt(id) <= greatest;
