// Where messages go and what a first start brings, by the configuration alone: nothing is started here.
import {
  imeiProviderOf,
  type LocalWorld,
  messageGatewayOf,
  reachablePrivately,
  simulatorPages,
  simulatorUrl,
} from '../../src/server/local-world.js';
import { wantsSampleData } from '../../src/server/sample-data.js';
import { testConfig } from '../support/server.js';

const own: LocalWorld = { url: 'http://127.0.0.1:5', stop: async () => undefined };
const production = { NODE_ENV: 'production', ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}` };
const real = { MESSAGE_GATEWAY_URL: 'https://probe.fbrq.cloud/', MESSAGE_GATEWAY_TOKEN: 'a.b.c' };
const realImei = { IMEICHECK_TOKEN: 'live-token' };
const elsewhere = { SIMULATORS: 'http://simulators:4000/' };

it.each([
  ['nothing is configured and no world runs', {}, undefined, undefined],
  ['our own world runs', {}, own, { url: 'http://127.0.0.1:5/gateway', token: undefined }],
  ['one runs elsewhere', elsewhere, undefined, { url: 'http://simulators:4000/gateway', token: undefined }],
  [
    'it demands a token',
    { ...elsewhere, MESSAGE_GATEWAY_TOKEN: 't' },
    undefined,
    { url: expect.any(String), token: 't' },
  ],
  ['a real one is configured', real, own, { url: 'https://probe.fbrq.cloud', token: 'a.b.c' }],
  ['both are', { ...real, ...elsewhere }, undefined, { url: 'https://probe.fbrq.cloud', token: 'a.b.c' }],
  ['it is switched off', { SIMULATORS: 'off' }, undefined, undefined],
  ['it is production', { ...production, ...elsewhere }, undefined, undefined],
])('messages find their way where %s', (_what, settings: Record<string, string>, world, place) => {
  const config = testConfig(settings);
  expect(messageGatewayOf(config, world)).toEqual(place);
  expect(simulatorUrl('gateway', config, world)).toEqual(
    place?.url === 'https://probe.fbrq.cloud' ? undefined : place?.url,
  );
});

it.each([
  ['nothing is configured and no world runs', {}, undefined, undefined],
  ['our own world runs', {}, own, { url: 'http://127.0.0.1:5/imei', token: 'simulated' }],
  ['one runs elsewhere', elsewhere, undefined, { url: 'http://simulators:4000/imei', token: 'simulated' }],
  ['only messages have a real way', real, own, { url: 'http://127.0.0.1:5/imei', token: 'simulated' }],
  ['there is a token', realImei, own, { url: 'https://api.imeicheck.net', token: 'live-token' }],
  [
    'there is a token and an address',
    { ...realImei, ...elsewhere, IMEICHECK_URL: 'http://10.0.0.1/' },
    undefined,
    { url: 'http://10.0.0.1', token: 'live-token' },
  ],
  [
    'there is an address and no token',
    { IMEICHECK_URL: 'http://10.0.0.1' },
    own,
    { url: 'http://127.0.0.1:5/imei', token: 'simulated' },
  ],
  ['it is switched off', { SIMULATORS: 'off' }, undefined, undefined],
  ['it is production', { ...production, ...elsewhere }, undefined, undefined],
])('IMEI checks find their way where %s', (_what, settings: Record<string, string>, world, place) => {
  const config = testConfig(settings);
  const name = place?.token === 'live-token' ? 'imeicheck.net' : 'simulator';
  expect(imeiProviderOf(config, world)).toEqual(place && { ...place, name });
  expect(simulatorUrl('imei', config, world)).toBe(place?.token === 'live-token' ? undefined : place?.url);
});

it.each([
  [{}, own, ['http://127.0.0.1:5/gateway/', 'http://127.0.0.1:5/imei/']],
  [
    { SIMULATORS: 'http://localhost:4001' },
    undefined,
    ['http://localhost:4001/gateway/', 'http://localhost:4001/imei/'],
  ],
  [elsewhere, undefined, []],
  [{}, undefined, []],
  [real, own, ['http://127.0.0.1:5/imei/']],
  [realImei, own, ['http://127.0.0.1:5/gateway/']],
  [{ ...real, ...realImei }, own, []],
])('a person is shown the pages where a browser reaches them: %j', (settings: Record<string, string>, world, pages) => {
  expect(simulatorPages(testConfig(settings), world).map(({ href }) => href)).toEqual(pages);
});

it.each([
  [{}, ['127.0.0.0/8', '::1/128']],
  [{ EGRESS_ALLOW_CIDR: '10.1.0.0/16', ...elsewhere }, ['10.1.0.0/16']],
  [production, []],
  [{ ...production, ...elsewhere }, []],
  [elsewhere, expect.arrayContaining(['127.0.0.0/8', '172.16.0.0/12'])],
  [{ ...elsewhere, ...real }, expect.arrayContaining(['172.16.0.0/12'])],
  [{ ...elsewhere, ...realImei }, expect.arrayContaining(['172.16.0.0/12'])],
  [{ ...elsewhere, ...real, ...realImei }, ['127.0.0.0/8', '::1/128']],
])('private addresses are reached only as far as needed: %j', (settings: Record<string, string>, ranges) => {
  expect(reachablePrivately(testConfig(settings))).toEqual(ranges);
});

it.each([
  [{}, true],
  [{ DATABASE_URL: 'postgres://localhost/x' }, false],
  [{ DATABASE_URL: 'postgres://localhost/x', SAMPLE_DATA: 'on' }, true],
  [{ SAMPLE_DATA: 'off' }, false],
  [production, false],
  [{ ...production, SAMPLE_DATA: 'on' }, false],
])('sample data is for trying out: %j', (settings: Record<string, string>, wanted) => {
  expect(wantsSampleData(testConfig(settings))).toBe(wanted);
});
