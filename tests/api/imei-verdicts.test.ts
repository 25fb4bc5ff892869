// What a number says by itself, over GraphQL and REST, to nobody in particular.
import type { ImeiVerdict } from '../../src/domain/imei/verdicts.service.js';
import { type Client, client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let nobody: Client;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web', REQUESTS_PER_MINUTE: '2000' });
  nobody = server.nobody;
  await server.database.query(
    `insert into tac (tac, brand, model) values ('86327407', 'Xiaomi', 'Redmi Note'), ('35673511', 'Apple', 'iPhone of the file'), ('35299209', null, 'A1905')`,
  );
});
afterAll(() => server.close());

const fields = 'input valid problem imei tac reportingBody brand model suggestions';

async function overGraphql(imei: string): Promise<ImeiVerdict> {
  const { data, errors } = await nobody.graphql<{ validateImei: ImeiVerdict }>(
    `query ($imei: String!) { validateImei(imei: $imei) { ${fields} } }`,
    { imei },
  );
  expect(errors).toBeUndefined();
  return data?.validateImei as ImeiVerdict;
}

const rest = (path: string, as = nobody) => as.fetch(`/api/v1/imei/validate/${path}`);

async function overRest(imei: string): Promise<ImeiVerdict> {
  const answer = await rest(encodeURIComponent(imei));
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  return (await answer.json()) as ImeiVerdict;
}

const doors = [
  ['GraphQL', overGraphql],
  ['REST', overRest],
] as const;

const none = { valid: false, imei: null, tac: null, reportingBody: null, brand: null, model: null };

describe.each(doors)('over %s', (_door, verdict) => {
  it('a valid number, with who registered it and which model it is', async () => {
    expect(await verdict('01-124500-123456')).toEqual({
      input: '01-124500-123456',
      valid: true,
      problem: null,
      imei: '011245001234564',
      tac: '01124500',
      reportingBody: 'CTIA/PTCRB (US)',
      brand: 'Apple',
      model: 'iPhone',
      suggestions: [],
    });
  });

  it('the same number out of 14, 15 and 16 digits, whatever stands between them', async () => {
    for (const input of ['49015420323751', '490154203237518', '4901542032375101', ' 49 015420\u00a0323751–8 '])
      expect(await verdict(input)).toMatchObject({ input, valid: true, imei: '490154203237518', problem: null });
  });

  it("the operator's file is believed before what is built in, and knows what is not", async () => {
    expect(await verdict('863274074003267')).toMatchObject({ brand: 'Xiaomi', model: 'Redmi Note' });
    expect(await verdict('356735111052198')).toMatchObject({ brand: 'Apple', model: 'iPhone of the file' });
    expect(await verdict('35299209000000')).toMatchObject({ brand: null, model: 'A1905' });
    expect(await verdict('351344354167758')).toMatchObject({ brand: null, model: null });
  });

  it.each([
    ['LENGTH', '3567351110521'],
    ['LENGTH', '35673511105219812'],
    ['NOT_DIGITS', 'imei'],
    ['NOT_DIGITS', '３５６７３５１１１０５２１９８'],
    ['NOT_DIGITS', "35673511105219'; drop table tac; --"],
    ['NOT_DIGITS', '../../etc/passwd'],
    ['NOT_DIGITS', '__proto__'],
    ['NOT_DIGITS', '\u0000'],
    ['NOT_DIGITS', '🙂'],
    ['ALL_ZERO', '000000000000000'],
    ['ALL_ZERO', '00000000000000'],
  ])('%s: %j', async (problem, input) => {
    expect(await verdict(input)).toEqual({ ...none, input, problem, suggestions: [] });
  });

  it('a mistyped number, with those that may have been meant: of known models first', async () => {
    const { suggestions, ...rest } = await verdict('863274074003276');
    expect(rest).toEqual({ ...none, input: '863274074003276', problem: 'CHECKSUM' });
    expect(suggestions).toHaveLength(10);
    expect(new Set(suggestions).size).toBe(10);
    expect(suggestions).toContain('863274074003267');
    const ofFile = suggestions.filter((imei) => imei.startsWith('86327407'));
    expect(ofFile.length).toBeGreaterThan(0);
    expect(suggestions.slice(0, ofFile.length)).toEqual(ofFile);
    expect((await verdict('35673511105219O')).suggestions).toEqual(['356735111052198']);
  });
});

it('every suggestion is valid when it is asked in turn', async () => {
  const { suggestions } = await overGraphql('123456789012345');
  expect(suggestions).toHaveLength(10);
  for (const imei of suggestions) expect(await overGraphql(imei)).toMatchObject({ valid: true, imei });
});

it('a text of many letters is no more work than a short one', async () => {
  const input = '3 '.repeat(60_000);
  expect(await overGraphql(input)).toEqual({ ...none, input, problem: 'LENGTH', suggestions: [] });
});

it.each(['null', '7', '["356735111052198"]'])('the argument %s is none', async (imei) => {
  const { status, errors } = await nobody.graphql(`{ validateImei(imei: ${imei}) { valid } }`);
  expect([status, errors?.[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
});

it('whoever is signed in may ask as well, with a token of any scope', async () => {
  for (const as of [await server.person('VIEWER'), await server.token('LEADS_WRITE')])
    expect((await rest('356735111052198', as)).status).toBe(200);
});

describe('the path of REST', () => {
  it.each(['356735111052198/', '35%20673511%20105219%208', '35%C2%A06735%E2%80%9311105219', '%20356735111052198%20'])(
    'may be %s',
    async (path) => {
      const answer = await rest(path);
      expect([answer.status, await answer.json()]).toEqual([
        200,
        expect.objectContaining({ imei: '356735111052198', valid: true }),
      ]);
    },
  );

  it.each([
    ['%zz', 400],
    ['%ff', 400],
    ['', 404],
    ['356735111052198/more', 404],
    ['9'.repeat(101), 414],
    ['9'.repeat(5_000), 414],
  ])('%# is refused as a problem', async (path, status) => {
    const answer = await rest(path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
    expect(await answer.text()).not.toContain('356735111052198');
  });

  it('is limited as every other for who is not signed in', async () => {
    const few = await testServer({ ROLES: 'web', REQUESTS_PER_MINUTE: '3' });
    try {
      const somebody = client(few.url, undefined);
      const statuses = [];
      for (let time = 0; time < 4; time++) statuses.push((await rest('356735111052198', somebody)).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
    } finally {
      await few.close();
    }
  });
});
