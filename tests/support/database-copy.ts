// Everything that a database holds, as COPY … TO STDOUT gives it: what somebody has who gets hold of a dump.
import pg from 'pg';

/** By table, partitions and other people's tables too. */
export async function copyOf(url: string): Promise<Map<string, string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    );
    const tables = new Map<string, string>();
    for (const { name } of rows) tables.set(name, await copyOut(client, `copy (select * from ${name}) to stdout`));
    return tables;
  } finally {
    await client.end();
  }
}

class CopyQuery extends pg.Query {
  readonly chunks: Buffer[] = [];

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.chunks.push(chunk);
  }
}

function copyOut(client: pg.Client, sql: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const query = client.query(new CopyQuery(sql));
    query.once('error', reject);
    query.once('end', () => resolve(Buffer.concat(query.chunks).toString('utf8')));
  });
}
