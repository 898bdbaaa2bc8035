import { expect, test } from 'vitest';
import { clientAddress } from './client-address.ts';

const issuer = 'https://access.example.com:8400';
const listen = { postgres: { host: '0.0.0.0', port: 15432 } };
const told = { host: 'db.example.com', port: 5432 };

test.each([
  [
    'the issuer’s host and the port of the config',
    { issuer, listen, advertise: {} },
    undefined,
    { host: 'access.example.com', port: 15432 },
  ],
  [
    'the port that the system chose',
    { issuer, listen, advertise: {} },
    40_000,
    { host: 'access.example.com', port: 40_000 },
  ],
  [
    'what is advertised, whatever the port here',
    { issuer, listen, advertise: { postgres: told } },
    40_000,
    told,
  ],
  [
    'no port where the door is closed',
    { issuer, listen: {}, advertise: {} },
    undefined,
    { host: 'access.example.com', port: undefined },
  ],
  [
    'an IPv6 address without brackets',
    { issuer: 'http://[::1]:8400', listen, advertise: {} },
    undefined,
    { host: '::1', port: 15432 },
  ],
] as const)('clients are told %s', (_what, config, boundPort, address) => {
  expect(clientAddress(config, 'postgres', boundPort)).toEqual(address);
});
