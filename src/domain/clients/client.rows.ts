// Clients as they are read.

export interface ClientRow {
  id: string;
  phone: string;
  operatorCode: string;
  tag: string;
  timezone: string;
  name: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** From `client c`. */
export const clientColumns = `c.id, c.phone, c.operator_code as "operatorCode", c.tag, c.timezone, c.name,
  c.created_at as "createdAt", c.updated_at as "updatedAt"`;
