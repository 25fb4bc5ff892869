// What a lead's fields may hold: one rule for each, for every door.
import { z } from 'zod';
import { leadOrders, leadStatuses } from '../../entities/lead.enums.js';
import { canonicalAddress } from '../../shared/ip-address.js';
import { canonicalDomain, canonicalEmail, canonicalPhone } from './contact.js';

const canonical = (rule: (spelling: string) => string | undefined, message: string) =>
  z.string().transform((spelling, context) => {
    const found = rule(spelling);
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

const line = (longest: number) =>
  z
    .string()
    .trim()
    .max(longest, `expected at most ${longest} characters`)
    .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters');

const nameField = line(200).min(1, 'expected a name');
const emailField = canonical(canonicalEmail, 'expected an e-mail address, e.g. anna@example.com');
const phoneField = canonical(canonicalPhone, 'expected a phone number, e.g. +7 900 123-45-67');
const addressField = canonical(canonicalAddress, 'expected an IP address, e.g. 203.0.113.7');
const sourceField = line(100).transform((source) => source || null);
const noteField = z
  .string()
  .trim()
  .max(2_000, 'expected at most 2000 characters')
  .regex(/^[^\0]*$/, 'must not hold NUL')
  .transform((note) => note || null);

export const createLeadInput = z.strictObject({
  name: nameField,
  email: emailField,
  phone: phoneField,
  ipAddress: addressField.nullish(),
  source: sourceField.nullish(),
});

/** An absent key leaves the value; null clears the note. */
export const updateLeadInput = z
  .strictObject({
    name: nameField.optional().describe('1 to 200 characters.'),
    email: emailField.optional().describe('An e-mail address.'),
    phone: phoneField.optional().describe('In any spelling.'),
    status: z.enum(leadStatuses).optional().describe('How far staff are with them.'),
    note: noteField.nullish().describe('At most 2000 characters; null clears it.'),
  })
  .meta({ id: 'UpdateLeadInput', description: 'What is to change.' });

export const leadQueryInput = z.strictObject({
  filter: z
    .strictObject({
      email: emailField.nullish(),
      emailDomain: canonical(canonicalDomain, 'expected a domain, e.g. example.com').nullish(),
      phone: phoneField.nullish(),
      phoneLastFour: z
        .string()
        .regex(/^\d{4}$/, 'expected four digits')
        .nullish(),
      name: line(200).nullish(),
      ipAddress: addressField.nullish(),
      status: z.array(z.enum(leadStatuses)).nullish(),
      source: line(100).nullish(),
      createdAt: z.strictObject({ from: z.date().nullish(), to: z.date().nullish() }).nullish(),
    })
    .nullish(),
  orderBy: z.enum(leadOrders).nullish(),
});

export type CreateLeadInput = z.input<typeof createLeadInput>;
export type NewLead = z.output<typeof createLeadInput>;
export type UpdateLeadInput = z.input<typeof updateLeadInput>;
export type UpdatedLead = z.output<typeof updateLeadInput>;
export type LeadQuery = z.input<typeof leadQueryInput>;
export type LeadFilter = NonNullable<z.output<typeof leadQueryInput>['filter']>;
