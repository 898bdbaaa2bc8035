import { expect, test } from 'vitest';
import { CommandCatalog } from './command-catalog.ts';
import { planFindings } from './plan-findings.ts';
import type { ServerSettings } from './server-state.ts';

const quiet: ServerSettings = {
  aclFile: '/etc/redis/users.acl',
  configFile: '',
  bind: '* -::*',
  port: 0,
  tlsPort: 6379,
  protectedMode: true,
  openCommands: [],
};

const cases: readonly [what: string, settings: Partial<ServerSettings>, ...sql: readonly string[]][] = [
  ['TLS alone', {}],
  ['clear text beside TLS', { port: 6378 }, 'CONFIG SET port 0'],
  ['no TLS', { port: 6379, tlsPort: 0 }, 'CONFIG SET tls-port 6379'],
  ['no protected mode', { protectedMode: false }, 'CONFIG SET protected-mode yes'],
  [
    'an empty bind, which is every address',
    { bind: '', protectedMode: false },
    'CONFIG SET protected-mode yes',
  ],
  [
    'all of it, but on this machine only',
    { bind: '127.0.0.1 -::1', port: 6379, tlsPort: 0, protectedMode: false },
  ],
  ['no file for users', { aclFile: '' }, 'aclfile /etc/redis/users.acl'],
  ['users in the configuration file', { aclFile: '', configFile: '/etc/redis/redis.conf' }],
];

test.for(cases)('%s', ([, settings, ...sql]) => {
  const state = {
    catalog: new CommandCatalog([], new Map()),
    users: new Map(),
    limitsDatabases: false,
    settings: { ...quiet, ...settings },
  };
  const found = planFindings(state, new Set());
  expect(found.map(({ words }) => words.join(' '))).toEqual(sql);
  expect(found.every(({ byHand }) => byHand)).toBe(true);
});
