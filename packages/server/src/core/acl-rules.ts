/** Where a list of ACL rules may begin, in the place of commands. */
const aclTemplates = ['read', 'write', 'admin'] as const;
type AclTemplate = (typeof aclTemplates)[number];

/**
 * Every category of commands of Redis 7 and 8 and Valkey 8 and 9, and those that the modules delivered with them bring
 * (command page ACL CAT).
 */
export const aclCategories = [
  'all',
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
  'json',
  'search',
  'timeseries',
  'bloom',
  'cuckoo',
  'topk',
  'cms',
  'tdigest',
] as const;

/** The rules of one ACL user, or of one selector of it, by what they are about; none of them is a password. */
export interface AclRules {
  readonly template?: AclTemplate;
  /** `+` and `-` rules in order. */
  readonly commands: readonly string[];
  /** `~pattern`, `%R~pattern`, `%W~pattern`. */
  readonly keys: readonly string[];
  /** `&pattern`. */
  readonly channels: readonly string[];
}

/** What is wrong with a list of rules. */
export interface AclRuleProblem {
  /** Which entry of the list; absent when it is about the list as a whole. */
  readonly entry?: number;
  /** A clause that follows the rule, or stands for itself: `is no ACL rule`. */
  readonly what: string;
  /** The rule, without what may be a password. */
  readonly rule?: string;
}

/** A list of rules as it was read. Where there are problems, what is wrong is left out of the rest. */
export interface ReadAclRules {
  readonly root: AclRules;
  readonly selectors: readonly AclRules[];
  readonly problems: readonly AclRuleProblem[];
}

/** Longer patterns have exhausted the stack of servers (CVE-2024-31228). */
const longestPattern = 256;

/**
 * Reads a list of Redis ACL rules: `+get`, `-@slow`, `~app:*`, `%R~shared:*`, `&news.*`, `(+set ~b:*)`; an entry may hold
 * several. Refuses what would set a password or the user's state. Whether a server has a command, only the server knows.
 */
export function readAclRules(entries: readonly string[]): ReadAclRules {
  const words = entries.flatMap((entry, index) => splitRules(entry).map((word) => ({ word, entry: index })));
  const problems: AclRuleProblem[] = [];
  const selectors = words
    .filter(({ word }) => word.startsWith('('))
    .flatMap(({ word, entry }) => {
      if (/^\([^()]*\)$/.test(word)) {
        const inside = splitRules(word.slice(1, -1)).map((rule) => ({ word: rule, entry }));
        return [readRights(inside, problems)];
      }
      problems.push({ entry, rule: shown(word), what: 'is no selector: write (rule rule …)' });
      return [];
    });
  const root = readRights(
    words.filter(({ word }) => !word.startsWith('(')),
    problems,
  );
  return { root, selectors, problems };
}

interface PlacedWord {
  readonly word: string;
  readonly entry: number;
}

/** Words apart, a selector in parentheses as one. */
function splitRules(entry: string): readonly string[] {
  return entry.match(/\([^)]*\)?|\S+/g) ?? [];
}

function readRights(words: readonly PlacedWord[], problems: AclRuleProblem[]): AclRules {
  const template = aclTemplates.find((name) => name === words[0]?.word);
  const sound = (template === undefined ? words : words.slice(1)).filter(({ word, entry }) => {
    const what = problemOf(word);
    if (what !== undefined) problems.push({ entry, rule: shown(word), what });
    return what === undefined;
  });
  const starting = (...signs: readonly string[]) =>
    sound.map(({ word }) => word).filter((rule) => signs.some((sign) => rule.startsWith(sign)));
  const rights = {
    ...(template === undefined ? {} : { template }),
    commands: starting('+', '-').map((rule) => rule.toLowerCase()),
    keys: starting('~', '%'),
    channels: starting('&'),
  };
  if (problems.length === 0 && rights.keys.length + rights.channels.length === 0)
    problems.push({ what: 'The rules name neither keys nor channels. Add a pattern, or ~* for all keys.' });
  return rights;
}

const commandRule = /^[+-](@[a-z0-9_-]+|[a-z0-9_.-]+(\|[a-z0-9_.-]+)?)$/i;
const patternRule = /^(~|&|%(R|W|RW|WR)~)[\x21-\x7e]+$/;

function problemOf(rule: string): string | undefined {
  if (/^[+-]/.test(rule)) {
    if (!commandRule.test(rule)) return 'is no command or category';
    return isKnownCategory(rule) ? undefined : 'names a category that no Redis or Valkey has';
  }
  if (/^[~&%]/.test(rule)) {
    if (!patternRule.test(rule)) return 'is no pattern: write ~keys, %R~keys, %W~keys or &channels';
    return rule.length > longestPattern ? `is longer than ${longestPattern} characters` : undefined;
  }
  if (/^([<>#!]|nopass$|resetpass$)/i.test(rule))
    return 'is about the password, which is for Grantway to set';
  if (/^(on|off|reset.*|clearselectors|.*sanitize-payload)$/i.test(rule)) return 'is set by Grantway itself';
  if (/^all(keys|channels|commands)$/i.test(rule)) return 'is another word for ~*, &* or +@all; write that';
  return 'is no ACL rule';
}

/** True for a command, too. */
function isKnownCategory(rule: string): boolean {
  const [, name] = /^.@(.*)$/.exec(rule.toLowerCase()) ?? [];
  return name === undefined || aclCategories.some((category) => category === name);
}

/** A password in a rule must not come back in a message. */
function shown(rule: string): string {
  return rule.replaceAll(/(^|[\s(])([<>#!])[^\s)]*/g, '$1$2…');
}
