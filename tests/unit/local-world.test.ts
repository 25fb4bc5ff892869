// Where messages go and what a first start brings, by the configuration alone: nothing is started here.
import {
  gatewayPageOf,
  isGatewaySimulated,
  type LocalWorld,
  messageGatewayOf,
  reachablePrivately,
} from '../../src/server/local-world.js';
import { wantsSampleData } from '../../src/server/sample-data.js';
import { testConfig } from '../support/server.js';

const own: LocalWorld = { url: 'http://127.0.0.1:5', stop: async () => undefined };
const production = { NODE_ENV: 'production', ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}` };
const real = { MESSAGE_GATEWAY_URL: 'https://probe.fbrq.cloud/', MESSAGE_GATEWAY_TOKEN: 'a.b.c' };
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
  ['a real one is configured', real, undefined, { url: 'https://probe.fbrq.cloud', token: 'a.b.c' }],
  ['both are', { ...real, ...elsewhere }, undefined, { url: 'https://probe.fbrq.cloud', token: 'a.b.c' }],
  ['it is switched off', { SIMULATORS: 'off' }, undefined, undefined],
  ['it is production', { ...production, ...elsewhere }, undefined, undefined],
])('messages find their way where %s', (_what, settings: Record<string, string>, world, place) => {
  const config = testConfig(settings);
  expect(messageGatewayOf(config, world)).toEqual(place);
  expect(isGatewaySimulated(config, world)).toBe(place !== undefined && place.url !== 'https://probe.fbrq.cloud');
});

it.each([
  [{}, own, 'http://127.0.0.1:5/gateway/'],
  [{ SIMULATORS: 'http://localhost:4001' }, undefined, 'http://localhost:4001/gateway/'],
  [elsewhere, undefined, undefined],
  [{}, undefined, undefined],
  [real, undefined, undefined],
])('a person is shown the page where a browser reaches it: %j', (settings: Record<string, string>, world, page) => {
  expect(gatewayPageOf(testConfig(settings), world)).toBe(page);
});

it.each([
  [{}, ['127.0.0.0/8', '::1/128']],
  [{ EGRESS_ALLOW_CIDR: '10.1.0.0/16', ...elsewhere }, ['10.1.0.0/16']],
  [production, []],
  [{ ...production, ...elsewhere }, []],
  [elsewhere, expect.arrayContaining(['127.0.0.0/8', '172.16.0.0/12'])],
  [{ ...elsewhere, ...real }, ['127.0.0.0/8', '::1/128']],
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
