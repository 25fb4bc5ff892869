// Accounts over GraphQL: signing in, sessions, people, passwords, API tokens, and what is told of each.
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/program.js';
import { client, signIn, type TestServer, testServer } from '../support/server.js';
import { subscribe } from '../support/subscription.js';

let server: TestServer;

beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());

const viewerQuery = '{ viewer { user { login role mustChangePassword } scopes abilities } }';
const refreshMutation =
  'mutation ($t: String!) { refreshSession(refreshToken: $t) { accessToken refreshToken expiresIn user { login } } }';

interface ViewerAnswer {
  viewer: {
    user: { login: string; role: string; mustChangePassword: boolean };
    scopes: string[] | null;
    abilities: string[];
  } | null;
}

describe('who asks', () => {
  it('is null for nobody', async () => {
    expect(await server.nobody.graphql(viewerQuery)).toEqual({ status: 200, data: { viewer: null } });
  });

  it('tells a person what they may use', async () => {
    const viewer = await server.person('VIEWER');
    const { data } = await viewer.graphql<ViewerAnswer>(viewerQuery);
    expect(data?.viewer).toMatchObject({ user: { login: viewer.login, role: 'VIEWER' }, scopes: null });
    expect(data?.viewer?.abilities).toEqual(expect.arrayContaining(['Query.viewer', 'Query.systemStatus']));
    expect(data?.viewer?.abilities).not.toContain('Query.users');
  });

  it('names the scopes of an API token, and the person behind it', async () => {
    const token = await server.token('READ', 'MAILINGS');
    const { data } = await token.graphql<ViewerAnswer>(viewerQuery);
    expect(data?.viewer).toMatchObject({ user: { login: 'admin' }, scopes: ['READ', 'MAILINGS'] });
  });

  it('refuses a token that nobody issued', async () => {
    const answer = await client(server.url, `sb_at_${'0'.repeat(49)}`).graphql(viewerQuery);
    expect(answer.status).toBe(401);
    expect(answer.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});

describe('signing in', () => {
  it('takes a login in any case and refuses a wrong password in the same words as an unknown login', async () => {
    const person = await server.person('VIEWER');
    await expect(
      signIn(client(server.url, undefined), person.login.toUpperCase(), person.password),
    ).resolves.toHaveProperty('accessToken');
    const [wrong, unknown] = await Promise.all(
      [person.login, 'no-such-person'].map((login) =>
        client(server.url, undefined).graphql(
          'mutation ($l: String!) { signIn(login: $l, password: "not the password") { accessToken } }',
          { l: login },
        ),
      ),
    );
    expect(wrong?.errors).toEqual(unknown?.errors);
    expect(wrong?.errors?.[0]).toMatchObject({
      message: 'Wrong login or password.',
      extensions: { code: 'UNAUTHENTICATED' },
    });
  });

  it('T17: the sixth attempt after five wrong ones waits, even with the right password', async () => {
    const person = await server.person('VIEWER');
    const there = client(server.url, undefined);
    const attempt = (password: string) =>
      there.graphql('mutation ($l: String!, $p: String!) { signIn(login: $l, password: $p) { accessToken } }', {
        l: person.login,
        p: password,
      });
    for (let i = 0; i < 5; i++)
      expect((await attempt('wrong password')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const sixth = await attempt(person.password);
    expect(sixth.errors?.[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) });
    await expect(signIn(client(server.url, undefined), person.login, person.password)).resolves.toHaveProperty(
      'accessToken',
    );
  });

  it('refuses somebody who was disabled, and lets them in again afterwards', async () => {
    const person = await server.person('OPERATOR');
    const update = (disabled: boolean) =>
      server.admin.graphql('mutation ($id: ID!, $d: Boolean!) { updateUser(id: $id, disabled: $d) { disabledAt } }', {
        id: person.id,
        d: disabled,
      });
    expect((await update(true)).data).toEqual({ updateUser: { disabledAt: expect.stringMatching(/Z$/) } });
    expect((await person.graphql(viewerQuery)).status).toBe(401);
    await expect(signIn(client(server.url, undefined), person.login, person.password)).rejects.toThrow(
      'UNAUTHENTICATED',
    );
    expect((await update(false)).data).toEqual({ updateUser: { disabledAt: null } });
    await expect(signIn(client(server.url, undefined), person.login, person.password)).resolves.toHaveProperty(
      'accessToken',
    );
  });
});

describe('refreshing', () => {
  interface Refreshed {
    refreshSession: { accessToken: string; refreshToken: string; expiresIn: number };
  }

  it('gives a new pair that works, and the same pair again to a client whose answer was lost', async () => {
    const person = await server.person('VIEWER');
    const first = await server.nobody.graphql<Refreshed>(refreshMutation, { t: person.refreshToken });
    const again = await server.nobody.graphql<Refreshed>(refreshMutation, { t: person.refreshToken });
    expect(again.data?.refreshSession.accessToken).toBe(first.data?.refreshSession.accessToken);
    expect(again.data?.refreshSession.refreshToken).toBe(first.data?.refreshSession.refreshToken);
    const { data } = await client(server.url, first.data?.refreshSession.accessToken).graphql<ViewerAnswer>(
      viewerQuery,
    );
    expect(data?.viewer?.user.login).toBe(person.login);
  });

  it('never forks: fifty simultaneous uses of one token end in one successor', async () => {
    const person = await server.person('VIEWER');
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => server.nobody.graphql<Refreshed>(refreshMutation, { t: person.refreshToken })),
    );
    expect(new Set(answers.map(({ data }) => data?.refreshSession.refreshToken)).size).toBe(1);
    const [{ count } = { count: '' }] = await server.database.query<{ count: string }>(
      "select count(*) from token where person_id = $1 and kind = 'refresh'",
      [person.id],
    );
    expect(count).toBe('2');
  });

  it('T16: a second use after the grace ends the whole session', async () => {
    const person = await server.person('VIEWER');
    const next = await server.nobody.graphql<Refreshed>(refreshMutation, { t: person.refreshToken });
    await server.database.query(
      "update token set used_at = used_at - interval '11 s' where person_id = $1 and used_at is not null",
      [person.id],
    );
    const open = await subscribe(server.url, person, 'subscription { alarms { id } }');
    await sleep(500);
    expect(open.outcome).toEqual({});
    const reused = await server.nobody.graphql(refreshMutation, { t: person.refreshToken });
    await until(() => open.outcome.closed !== undefined, 2_500, 'the end of its socket');
    expect(open.outcome.closed?.code).toBe(4403);
    expect(reused.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await client(server.url, next.data?.refreshSession.accessToken).graphql(viewerQuery)).status).toBe(401);
    const successor = await server.nobody.graphql(refreshMutation, { t: next.data?.refreshSession.refreshToken });
    expect(successor.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect(await lastAudit(person.id)).toContain('refreshTokenReused');
  });

  it('no chain of refreshes outlives 90 days', async () => {
    const person = await server.person('VIEWER');
    await server.database.query(
      "update token set session_started_at = now() - interval '89 days' where person_id = $1",
      [person.id],
    );
    await server.nobody.graphql(refreshMutation, { t: person.refreshToken });
    const [last] = await server.database.query<{ days: number }>(
      "select extract(day from expires_at - now())::int as days from token where person_id = $1 and kind = 'refresh' order by id desc limit 1",
      [person.id],
    );
    expect(last?.days).toBeLessThanOrEqual(1);
  });

  it('signing out ends the access token at once; an unknown token is no error', async () => {
    const person = await server.person('VIEWER');
    const signOut = 'mutation ($t: String!) { signOut(refreshToken: $t) }';
    expect((await server.nobody.graphql(signOut, { t: person.refreshToken })).data).toEqual({ signOut: true });
    expect((await person.graphql(viewerQuery)).status).toBe(401);
    expect((await server.nobody.graphql(signOut, { t: 'nonsense' })).data).toEqual({ signOut: true });
  });

  it('an access token ends by itself', async () => {
    const person = await server.person('VIEWER');
    await server.database.query(
      "update token set expires_at = now() - interval '1 s' where person_id = $1 and kind = 'access'",
      [person.id],
    );
    await sleep(1_100);
    expect((await person.graphql(viewerQuery)).status).toBe(401);
  });
});

describe('whoever is shut out while something of theirs is in flight', () => {
  interface Refreshed {
    refreshSession: { accessToken: string; refreshToken: string };
  }
  const refresh = async (refreshToken: string) =>
    (await server.nobody.graphql<Refreshed>(refreshMutation, { t: refreshToken })).data?.refreshSession;
  const lives = async (accessToken: string) =>
    (await client(server.url, accessToken).graphql(viewerQuery)).status === 200;
  const revoke = (token: string) =>
    server.nobody.fetch('/oauth/revoke', { method: 'POST', body: new URLSearchParams({ token }) });
  const resetPassword = async (id: string) =>
    expect((await server.admin.graphql('mutation ($id: ID!) { resetPassword(userId: $id) }', { id })).errors).toBe(
      undefined,
    );

  /** Refreshes until it is refused; true where it is not refused even after `shutOut` has ended. */
  async function loopingThief(stolen: string, shutOut: () => Promise<unknown>): Promise<boolean> {
    let isShutOut = false;
    let ending: Promise<unknown> | undefined;
    let token = stolen;
    for (let rounds = 0, afterwards = 0; afterwards < 2; rounds++) {
      if (rounds === 2) ending = shutOut().then(() => (isShutOut = true));
      if (isShutOut) afterwards++;
      const next = await refresh(token);
      if (!next) return false;
      token = next.refreshToken;
    }
    await ending;
    return true;
  }

  it('revoking a token beside a refresh of it ends what the refresh makes', async () => {
    const { login, password } = await server.person('VIEWER');
    const survivors = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const { refreshToken } = await signIn(client(server.url, undefined), login, password);
        const [refreshed] = await Promise.all([refresh(refreshToken), revoke(refreshToken)]);
        return refreshed !== undefined && (await lives(refreshed.accessToken));
      }),
    );
    expect(survivors.filter(Boolean)).toHaveLength(0);
  });

  it('a thief who refreshes in a loop survives neither signing out nor a reset of the password', async () => {
    const survivors = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        const { id, refreshToken } = await server.person('VIEWER');
        return loopingThief(refreshToken, () => (n % 2 ? revoke(refreshToken) : resetPassword(id)));
      }),
    );
    expect(survivors.filter(Boolean)).toHaveLength(0);
  });

  it('a reset of the password is undone neither by signing in nor by changing it with the old one', async () => {
    const stolen = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const thief = await server.person('VIEWER');
        const { id, login, password } = thief;
        const [, session] = await Promise.all([
          resetPassword(id),
          signIn(client(server.url, undefined), login, password).catch(() => undefined),
          thief.graphql(
            'mutation ($c: String!, $n: String!) { changePassword(currentPassword: $c, newPassword: $n) }',
            {
              ...{ c: password, n: 'a password of the thief' },
            },
          ),
        ]);
        const again = await signIn(client(server.url, undefined), login, 'a password of the thief').catch(
          () => undefined,
        );
        return [session !== undefined && (await lives(session.accessToken)), again !== undefined];
      }),
    );
    expect(stolen).toEqual(Array(8).fill([false, false]));
  });
});

describe('people', () => {
  const createUser = `mutation ($login: String!, $name: String!, $password: String!) {
    createUser(login: $login, name: $name, password: $password, role: VIEWER) { id login name role mustChangePassword createdAt lastSeenAt }
  }`;

  it('are told everything that is wrong at once, by field', async () => {
    const { errors } = await server.admin.graphql(createUser, { login: 'два слова', name: ' ', password: 'short' });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(errors?.[0]?.extensions.fields?.map(({ path }) => path).sort()).toEqual(['login', 'name', 'password']);
    expect(JSON.stringify(errors)).not.toContain('short"');
  });

  it('have unique logins, however they are spelled', async () => {
    const person = await server.person('VIEWER');
    const { errors } = await server.admin.graphql(createUser, {
      login: ` ${person.login.toUpperCase()} `,
      name: 'Other',
      password: 'long enough',
    });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', reasons: ['DUPLICATE_LOGIN'] });
  });

  it('the last admin can neither be disabled nor demoted, not even by two at once', async () => {
    const other = await server.person('ADMIN');
    const { data } = await server.admin.graphql<{ viewer: { user: { id: string } } }>('{ viewer { user { id } } }');
    const demote = (id: string | undefined) =>
      server.admin.graphql('mutation ($id: ID!) { updateUser(id: $id, role: VIEWER) { role } }', { id });
    const answers = await Promise.all([demote(other.id), demote(data?.viewer.user.id)]);
    const refused = answers.filter(({ errors }) => errors);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    const [{ count } = { count: '0' }] = await server.database.query<{ count: string }>(
      "select count(*) from person where role = 'ADMIN'",
    );
    expect(count).toBe('1');
    await server.database.query("update person set role = 'ADMIN' where id = any($1)", [
      [other.id, data?.viewer.user.id],
    ]);
    await sleep(1_100);
  });

  it('a person that is not there is NOT_FOUND, whatever the id', async () => {
    for (const id of ['999999', '0', '-1', 'x', '99999999999999999999', "1' or 1=1"]) {
      const { errors } = await server.admin.graphql('mutation ($id: ID!) { updateUser(id: $id, name: "N") { id } }', {
        id,
      });
      expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    }
  });

  it('a one-time password opens three fields until it is changed', async () => {
    const person = await server.person('OPERATOR');
    const reset = await server.admin.graphql<{ resetPassword: string }>(
      'mutation ($id: ID!) { resetPassword(userId: $id) }',
      { id: person.id },
    );
    const oneTime = reset.data?.resetPassword ?? '';
    expect((await person.graphql(viewerQuery)).status).toBe(401);
    const session = await signIn(client(server.url, undefined), person.login, oneTime);
    const me = client(server.url, session.accessToken);
    expect((await me.graphql<ViewerAnswer>(viewerQuery)).data?.viewer).toMatchObject({
      user: { mustChangePassword: true },
      abilities: ['Mutation.changePassword', 'Mutation.signOut', 'Query.viewer'],
    });
    const refused = await me.graphql('{ systemStatus { version } }');
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reasons: ['PASSWORD_CHANGE_REQUIRED'] });
    const change = 'mutation ($c: String!, $n: String!) { changePassword(currentPassword: $c, newPassword: $n) }';
    expect(
      (await me.graphql(change, { c: 'wrong password', n: 'another long one' })).errors?.[0]?.extensions.fields?.[0]
        ?.path,
    ).toBe('currentPassword');
    expect((await me.graphql(change, { c: oneTime, n: 'another long one' })).data).toEqual({ changePassword: true });
    expect((await me.graphql('{ systemStatus { version } }')).errors).toBeUndefined();
    await expect(signIn(client(server.url, undefined), person.login, oneTime)).rejects.toThrow('UNAUTHENTICATED');
  });
});

describe('API tokens', () => {
  const create =
    'mutation ($s: [Scope!]!, $e: DateTime) { createApiToken(name: "CRM", scopes: $s, expiresAt: $e) { secret token { id prefix scopes owner { login } } } }';

  interface Created {
    createApiToken: {
      secret: string;
      token: { id: string; prefix: string; scopes: string[]; owner: { login: string } };
    };
  }

  it('are shown once, known by their first letters, and end when revoked', async () => {
    const person = await server.person('OPERATOR');
    const { data } = await person.graphql<Created>(create, { s: ['READ', 'READ'] });
    const { secret, token } = data?.createApiToken ?? {
      secret: '',
      token: { id: '', prefix: '', scopes: [], owner: { login: '' } },
    };
    expect(token).toMatchObject({ scopes: ['READ'], owner: { login: person.login } });
    expect(secret.startsWith(token.prefix)).toBe(true);
    const program = client(server.url, secret);
    expect((await program.graphql('{ systemStatus { version } }')).errors).toBeUndefined();
    const list = await person.graphql<{ apiTokens: object[] }>('{ apiTokens { id prefix revokedAt } }');
    expect(JSON.stringify(list.data)).not.toContain(secret);
    await person.graphql('mutation ($id: ID!) { revokeApiToken(id: $id) { revokedAt } }', { id: token.id });
    expect((await program.graphql(viewerQuery)).status).toBe(401);
  });

  it.each(['2027-04-31T24:00:00Z', '2027-02-29T00:00:00Z', '2027-04-30T24:00:00+03:00'])(
    'do not end at %s, which no calendar has',
    async (moment) => {
      const literal = create.replace('($s: [Scope!]!, $e: DateTime)', '($s: [Scope!]!)').replace('$e', `"${moment}"`);
      for (const [document, more] of [[create, { e: moment }] as const, [literal, {}] as const]) {
        const { errors } = await server.admin.graphql(document, { s: ['READ'], ...more });
        expect([errors?.[0]?.extensions.code, errors?.[0]?.message]).toEqual([
          'BAD_USER_INPUT',
          expect.stringContaining('expected RFC 3339'),
        ]);
      }
    },
  );

  it('never do more than their owner', async () => {
    const person = await server.person('OPERATOR');
    const { data } = await person.graphql<Created>(create, { s: ['READ'] });
    const program = client(server.url, data?.createApiToken.secret);
    expect((await program.graphql('{ users { id } }')).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    await server.admin.graphql('mutation ($id: ID!) { updateUser(id: $id, disabled: true) { id } }', { id: person.id });
    expect((await program.graphql(viewerQuery)).status).toBe(401);
  });

  it("another person's are an admin's to see and revoke, and nobody else's", async () => {
    const [owner, other] = [await server.person('OPERATOR'), await server.person('OPERATOR')];
    const { data } = await owner.graphql<Created>(create, { s: ['READ'] });
    const id = data?.createApiToken.token.id;
    const list = '{ apiTokens(userId: "OWNER") { id } }'.replace('OWNER', owner.id);
    expect((await other.graphql(list)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await server.admin.graphql(list)).data).toEqual({ apiTokens: [{ id }] });
    const revoke = 'mutation ($id: ID!) { revokeApiToken(id: $id) { revokedAt } }';
    expect((await other.graphql(revoke, { id })).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    expect((await server.admin.graphql(revoke, { id })).errors).toBeUndefined();
  });

  it('a person has at most fifty that live, whoever makes them at once and by whichever door', async () => {
    const person = await server.person('OPERATOR');
    await server.database.query(
      `insert into token (kind, hash, prefix, person_id, name, scopes, revoked_at, expires_at)
       select 'api', sha256(($1 || ' ' || n)::bytea), 'planted', $1::bigint, 'planted', '{READ}',
         case when n = 1 then now() end, case when n = 2 then now() end
       from generate_series(1, 50) n`,
      [person.id],
    );
    const body = {
      method: 'POST',
      body: '{"name":"CRM","scopes":["READ"]}',
      headers: { 'content-type': 'application/json' },
    };
    const statuses = await Promise.all(
      Array.from({ length: 6 }, async () => (await person.fetch('/api/v1/tokens', body)).status),
    );
    expect(statuses.sort()).toEqual([201, 201, 409, 409, 409, 409]);
    expect((await person.graphql(create, { s: ['READ'] })).errors?.[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      reasons: ['TOO_MANY_TOKENS'],
    });
    const list = await person.graphql<{ apiTokens: { id: string }[] }>('{ apiTokens { id } }');
    await person.graphql('mutation ($id: ID!) { revokeApiToken(id: $id) { id } }', { id: list.data?.apiTokens[0]?.id });
    expect((await person.graphql(create, { s: ['READ'] })).errors).toBeUndefined();
  });

  it('want a scope and a future', async () => {
    const answers = await Promise.all([
      server.admin.graphql(create, { s: [] }),
      server.admin.graphql(create, { s: ['READ'], e: '2020-01-01T00:00:00Z' }),
      server.admin.graphql(create, { s: ['READ'], e: 'tomorrow' }),
      server.admin.graphql(create, { s: ['EVERYTHING'] }),
    ]);
    expect(answers.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(Array(4).fill('BAD_USER_INPUT'));
  });
});

describe('the audit log', () => {
  it('has an entry for each write, without the data, and pages both ways', async () => {
    const person = await server.person('VIEWER');
    await server.admin.graphql('mutation ($id: ID!) { updateUser(id: $id, name: "Секретное Имя") { id } }', {
      id: person.id,
    });
    const page =
      '{ auditLog(first: 5) { nodes { id actor action subject detail } pageInfo { hasNextPage endCursor } totalCount } }';
    interface Log {
      auditLog: {
        nodes: { id: string; actor: string; action: string; subject: string; detail: unknown }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
        totalCount: number;
      };
    }
    const { data } = await server.admin.graphql<Log>(page);
    expect(data?.auditLog.nodes).toContainEqual(
      expect.objectContaining({
        action: 'updateUser',
        subject: `person:${person.id}`,
        actor: expect.stringMatching(/^person:\d+$/),
        detail: { changed: ['name'] },
      }),
    );
    expect(JSON.stringify(data)).not.toContain('Секретное');
    const next = await server.admin.graphql<Log>(
      page.replace('first: 5', `first: 5, after: "${data?.auditLog.pageInfo.endCursor}"`),
    );
    const back = await server.admin.graphql<Log>('{ auditLog(last: 100) { nodes { id } } }');
    const ids = (log: Log | null | undefined) => log?.auditLog.nodes.map(({ id }) => Number(id)) ?? [];
    expect(Math.max(...ids(next.data))).toBeLessThan(Math.min(...ids(data)));
    expect(ids(back.data)).toEqual([...ids(back.data)].sort((a, b) => b - a));
  });

  it('T6: page arguments that cannot be are named', async () => {
    for (const [args, path] of [
      ['first: 0', 'first'],
      ['first: -1', 'first'],
      ['first: 101', 'first'],
      ['last: 0', 'last'],
      ['first: 1, last: 1', 'last'],
      ['after: "nonsense"', 'after'],
      ['first: 1, before: "WyIxIl0"', 'before'],
    ]) {
      const { errors } = await server.admin.graphql(`{ auditLog(${args}) { nodes { id } } }`);
      expect([args, errors?.[0]?.extensions.code, errors?.[0]?.extensions.fields?.[0]?.path]).toEqual([
        args,
        'BAD_USER_INPUT',
        path,
      ]);
    }
    const typed = await server.admin.graphql('{ auditLog(first: "5") { nodes { id } } }');
    expect(typed.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'first' }] });
    expect(
      (await server.admin.graphql('{ auditLog(first: null, last: null) { nodes { id } } }')).errors,
    ).toBeUndefined();
  });
});

async function lastAudit(personId: string): Promise<string[]> {
  const rows = await server.database.query<{ action: string }>(
    'select action from audit_entry where subject = $1 order by id desc limit 3',
    [`person:${personId}`],
  );
  return rows.map(({ action }) => action);
}
