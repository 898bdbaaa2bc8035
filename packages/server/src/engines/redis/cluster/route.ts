import slotOfKey from 'cluster-key-slot';
import { argumentBytes, type Command, findOption, nameOf } from '../command.ts';
import { keyPositions } from '../key-positions.ts';
import { type Effect, effectOf, writes } from './effect.ts';

/** Where a command goes, or why it goes nowhere. */
export type Route =
  /** `waits`: nothing behind it may run before it has its answer, which somebody else's write may bring. */
  | { readonly to: 'slot'; readonly slot: number; readonly effect: Effect; readonly waits: boolean }
  /** Any node answers it alike: the one that the session began at. */
  | { readonly to: 'home'; readonly effect: Effect }
  /** It says something about the connection, and so about each of the session's. */
  | { readonly to: 'every_link' }
  /** The same, and it ends transactions. */
  | { readonly to: 'reset' }
  /** All nodes that hold keys, and one answer of theirs. */
  | { readonly to: 'every_primary'; readonly combine: Combination }
  | { readonly to: 'scan' }
  | { readonly to: 'transaction'; readonly step: 'begin' | 'end' | 'watch' | 'unwatch' }
  /** The one node that the session listens to; of a shard's own channels that is the node of their slot. */
  | { readonly to: 'subscriber'; readonly slot: number | undefined }
  /** What stands in its place, so that the server refuses it there: an unknown name that says why. */
  | { readonly to: 'nowhere'; readonly because: string };

/** How one answer is made of all: their sum, one list, the one that all must give, or any that is one. */
export type Combination = 'sum' | 'concatenation' | 'agreement' | 'any';

const everyLink: Route = { to: 'every_link' };

const byName: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['RESET', { to: 'reset' }],
  ...['AUTH', 'HELLO', 'SELECT', 'READONLY', 'READWRITE'].map((name) => [name, everyLink] as const),
  ['MULTI', { to: 'transaction', step: 'begin' }],
  ['EXEC', { to: 'transaction', step: 'end' }],
  ['DISCARD', { to: 'transaction', step: 'end' }],
  ['WATCH', { to: 'transaction', step: 'watch' }],
  ['UNWATCH', { to: 'transaction', step: 'unwatch' }],
  // The nodes pass messages on to each other, so that one of them hears everything.
  ...['SUBSCRIBE', 'UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE'].map(
    (name) => [name, { to: 'subscriber', slot: undefined }] as const,
  ),
  ['PUBLISH', { to: 'home', effect: writes }],
  ['DBSIZE', { to: 'every_primary', combine: 'sum' }],
  ['KEYS', { to: 'every_primary', combine: 'concatenation' }],
  ...['FLUSHDB', 'FLUSHALL', 'FUNCTION', 'SCRIPT'].map(
    (name) => [name, { to: 'every_primary', combine: 'agreement' }] as const,
  ),
  ['RANDOMKEY', { to: 'every_primary', combine: 'any' }],
  ['SCAN', { to: 'scan' }],
  ...['WAIT', 'WAITAOF'].map(
    (name) => [name, { to: 'nowhere', because: `${name}-IS-NOT-OFFERED-BEHIND-A-CLUSTER` }] as const,
  ),
]);
/** Those of CLIENT that each connection must hear; the others ask about one. */
const toEveryLink: ReadonlySet<string> = new Set(['SETNAME', 'SETINFO', 'NO-TOUCH']);
/** Invalidations would come from every node, also from those that the session has not met. */
const tracking: ReadonlySet<string> = new Set(['TRACKING', 'CACHING']);

const shardChannels: ReadonlySet<string> = new Set(['SSUBSCRIBE', 'SUNSUBSCRIBE']);

/** Where a command goes, as far as what is here of it says. */
export function routeOf(command: Command): Route {
  const name = nameOf(command, 0);
  const known = byName.get(name);
  if (known !== undefined) return known;
  if (name === 'CLIENT' && command.count > 1) {
    const subcommand = nameOf(command, 1);
    if (tracking.has(subcommand))
      return { to: 'nowhere', because: `CLIENT-${subcommand}-IS-NOT-OFFERED-BEHIND-A-CLUSTER` };
    return toEveryLink.has(subcommand) ? everyLink : { to: 'home', effect: effectOf(command, name) };
  }
  const slot = slotOf(command, name);
  if (shardChannels.has(name)) return { to: 'subscriber', slot };
  const effect = effectOf(command, name);
  return slot === undefined
    ? { to: 'home', effect }
    : { to: 'slot', slot, effect, waits: isBlocking(command, name) };
}

const blocking: ReadonlySet<string> = new Set([
  'BLMOVE',
  'BLMPOP',
  'BLPOP',
  'BRPOP',
  'BRPOPLPUSH',
  'BZMPOP',
  'BZPOPMAX',
  'BZPOPMIN',
]);

function isBlocking(command: Command, name: string): boolean {
  if (name !== 'XREAD' && name !== 'XREADGROUP') return blocking.has(name);
  return findOption(command, 'BLOCK') !== -1;
}

/** The slot of the first key; undefined for a command without one. A server refuses keys of several slots itself. */
export function slotOf(command: Command, name: string): number | undefined {
  const at = firstKey(command, name);
  if (at === undefined || at >= command.arrived) return undefined;
  return slotOfKey(argumentBytes(command, at));
}

function firstKey(command: Command, name: string): number | undefined {
  const positions = keyPositions.get(name);
  switch (positions) {
    case 'none':
      return undefined;
    case undefined:
      // Commands of modules have their key in front.
      return 1;
  }
  switch (positions.kind) {
    case 'places':
      return positions.first;
    case 'counted': {
      // A destination stands before the number.
      if (positions.at === 2 && name.endsWith('STORE')) return 1;
      const count = Number(argumentBytes(command, positions.at).toString('latin1'));
      return count > 0 ? positions.at + 1 : undefined;
    }
    case 'streams': {
      const word = findOption(command, 'STREAMS', 1);
      return word === -1 ? undefined : word + 1;
    }
  }
}
