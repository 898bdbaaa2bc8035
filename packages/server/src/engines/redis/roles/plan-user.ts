import { list } from './check-rights.ts';
import type { CommandCatalog } from './command-catalog.ts';
import { type Rights, rightsWords, sameChannels, sameKeys } from './rights.ts';
import type { FoundUser, ServerState } from './server-state.ts';
import type { Step } from './step.ts';
import type { WantedUser } from './wanted-users.ts';

/**
 * The step that brings one ACL user to what it should be; none when it is. It is one command, which the server carries out
 * whole or not at all: between two, a login that was off would be on with rights or passwords that are about to go. Its
 * password stays, unless it has one that is not Grantway's: then all go, and the vault's rotation sets a new one.
 */
export function planUser(
  wanted: WantedUser,
  { catalog, users, limitsDatabases }: ServerState,
  databaseNumber: number,
): readonly Step[] {
  const { login, rights } = wanted;
  const only = limitsDatabases ? ['resetdbs', `db=${databaseNumber}`] : [];
  const selectors = rights.selectors.map((own) => `(${[...only, ...rightsWords(own)].join(' ')})`);
  const setUser = (words: readonly string[], because: string): Step => ({
    words: ['ACL', 'SETUSER', login, ...words],
    because: `login ${login} ${because}`,
  });

  const found = users.get(login);
  if (found === undefined) {
    return [setUser(['reset', 'on', ...only, ...rightsWords(rights.root), ...selectors], 'is missing')];
  }
  const { root } = rights;
  const drifts = [
    drift(foreignPassword(found), 'resetpass'),
    drift(
      found.skipsPayloadChecks ? 'may RESTORE values that nobody checked' : undefined,
      'sanitize-payload',
    ),
    drift(commandDrift(root, found.rights.root, catalog), '-@all', ...root.commands),
    drift(patternDrift('keys', root, found.rights.root), 'resetkeys', ...root.keys),
    drift(patternDrift('channels', root, found.rights.root), 'resetchannels', ...root.channels),
    drift(databaseDrift(found, only), ...only),
    drift(selectorDrift(rights.selectors, found, only, catalog), 'clearselectors', ...selectors),
    drift(found.enabled ? undefined : 'is off', 'on'),
  ].flat();
  if (drifts.length === 0) return [];
  return [
    setUser(
      drifts.flatMap(({ words }) => words),
      drifts.map(({ because }) => because).join(', '),
    ),
  ];
}

interface Drift {
  readonly because: string;
  /** What takes it back. */
  readonly words: readonly string[];
}

function drift(because: string | undefined, ...words: readonly string[]): readonly Drift[] {
  return because === undefined ? [] : [{ because, words }];
}

function foreignPassword({ takesAnyPassword, passwords }: FoundUser): string | undefined {
  if (takesAnyPassword) return 'takes any password';
  return passwords > 1 ? `has ${passwords} passwords` : undefined;
}

function commandDrift(wanted: Rights, found: Rights, catalog: CommandCatalog): string | undefined {
  const [should, does] = [catalog.allowed(wanted.commands), catalog.allowed(found.commands)];
  const [more, less] = [does.difference(should), should.difference(does)];
  const parts = [
    ...(more.size > 0 ? [`may also run ${list(more)}`] : []),
    ...(less.size > 0 ? [`may not run ${list(less)}`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(', and ');
}

function patternDrift(kind: 'keys' | 'channels', wanted: Rights, found: Rights): string | undefined {
  const form = kind === 'keys' ? sameKeys : sameChannels;
  const [should, does] = [form(wanted[kind]).join(' '), form(found[kind]).join(' ')];
  return should === does ? undefined : `has the ${kind} ${does || 'none'} instead of ${should || 'none'}`;
}

function databaseDrift({ databases }: FoundUser, only: readonly string[]): string | undefined {
  const [, should] = only;
  const [does] = databases;
  return should === undefined || does === should ? undefined : `reaches ${does} instead of ${should}`;
}

function selectorDrift(
  wanted: readonly Rights[],
  { rights, databases }: FoundUser,
  [, only]: readonly string[],
  catalog: CommandCatalog,
): string | undefined {
  const form = (own: Rights) =>
    JSON.stringify([
      [...catalog.allowed(own.commands)].sort(),
      sameKeys(own.keys),
      sameChannels(own.channels),
    ]);
  const should = wanted.map(form).sort();
  const does = rights.selectors.map(form).sort();
  const everyDatabase = databases.slice(1).some((own) => own !== only);
  return should.join() === does.join() && !everyDatabase ? undefined : 'has other selectors';
}
