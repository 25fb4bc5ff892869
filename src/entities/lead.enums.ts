// The value sets of leads.

export const leadStatuses = ['NEW', 'CONTACTED', 'QUALIFIED', 'CONVERTED', 'LOST'] as const;
export type LeadStatus = (typeof leadStatuses)[number];

export const leadOrders = ['NEWEST', 'OLDEST'] as const;
export type LeadOrder = (typeof leadOrders)[number];

export const leadEventKinds = ['CREATED', 'UPDATED', 'CONVERTED', 'DELETED'] as const;
export type LeadEventKind = (typeof leadEventKinds)[number];
