import { Refusal } from '../../../core/index.ts';
import { type Rights, sameChannels, sameKeys } from './rights.ts';
import { templates } from './templates.ts';

/** A user's own rights, and its selectors: further sets of rights of which one has to allow a command as a whole. */
export interface UserRights {
  readonly root: Rights;
  readonly selectors: readonly Rights[];
}

/** Longer patterns have exhausted the stack of servers (CVE-2024-31228). */
const longestPattern = 256;

/**
 * Reads an operator's list of ACL rules: `+get`, `-@slow`, `~app:*`, `%R~shared:*`, `&news.*`, `(+set ~b:*)`; an entry
 * may hold several. `read`, `write` or `admin` as the first one stands for the commands of that template. Whether the
 * server knows the commands is checked when it is asked.
 *
 * @throws Refusal `request_invalid` for anything else, above all for what would set a password or the user's state
 */
export function parseRules(entries: readonly string[], login: string): UserRights {
  const words = entries.flatMap(splitRules);
  const selectors = words.filter((word) => word.startsWith('('));
  return {
    root: parseRights(
      words.filter((word) => !word.startsWith('(')),
      login,
    ),
    selectors: selectors.map((selector) => parseRights(splitRules(inside(selector, login)), login)),
  };
}

/** Words apart, a selector in parentheses as one. */
function splitRules(entry: string): readonly string[] {
  return entry.match(/\([^)]*\)?|\S+/g) ?? [];
}

function inside(selector: string, login: string): string {
  if (!/^\([^()]*\)$/.test(selector)) throw refusal(selector, login, 'is no selector: write (rule rule …)');
  return selector.slice(1, -1);
}

function parseRights(words: readonly string[], login: string): Rights {
  const template = templates[words[0] as keyof typeof templates];
  const rules = template === undefined ? words : words.slice(1);
  for (const rule of rules) {
    const what = problem(rule);
    if (what !== undefined) throw refusal(rule, login, what);
  }
  const starting = (...signs: readonly string[]) =>
    rules.filter((rule) => signs.some((sign) => rule.startsWith(sign)));
  const keys = starting('~', '%');
  const channels = starting('&');
  if (keys.length + channels.length === 0)
    throw new Refusal('request_invalid', {
      what: `The rules of "${login}" name neither keys nor channels. Add a pattern, or ~* for all keys.`,
    });
  return {
    commands: [...(template ?? []), ...starting('+', '-').map((rule) => rule.toLowerCase())],
    keys: sameKeys(keys),
    channels: sameChannels(channels),
  };
}

const commandRule = /^[+-](@[a-z0-9_-]+|[a-z0-9_.-]+(\|[a-z0-9_.-]+)?)$/i;
const patternRule = /^(~|&|%(R|W|RW|WR)~)[\x21-\x7e]+$/;

function problem(rule: string): string | undefined {
  if (/^[+-]/.test(rule)) return commandRule.test(rule) ? undefined : 'is no command or category';
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

function refusal(rule: string, login: string, what: string): Refusal {
  // A password in a rule must not come back in a message.
  const shown = /^[<>#!]/.test(rule) ? `${rule.slice(0, 1)}…` : rule;
  return new Refusal('request_invalid', { what: `The rule ${JSON.stringify(shown)} of "${login}" ${what}.` });
}
