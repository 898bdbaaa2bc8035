import { type AclRules, Refusal, readAclRules } from '../../../core/index.ts';
import { type Rights, sameChannels, sameKeys } from './rights.ts';
import { templates } from './templates.ts';

/** A user's own rights, and its selectors: further sets of rights of which one has to allow a command as a whole. */
export interface UserRights {
  readonly root: Rights;
  readonly selectors: readonly Rights[];
}

/**
 * Reads an operator's list of ACL rules. `read`, `write` or `admin` as the first one stands for the commands of that
 * template. Whether the server knows the commands is checked when it is asked.
 *
 * @throws Refusal `request_invalid` for anything else, above all for what would set a password or the user's state
 */
export function parseRules(entries: readonly string[], login: string): UserRights {
  const { root, selectors, problems } = readAclRules(entries);
  const [problem] = problems;
  if (problem !== undefined) {
    const { rule, what } = problem;
    throw new Refusal('request_invalid', {
      what:
        rule === undefined
          ? `Login "${login}": ${what}`
          : `The rule ${JSON.stringify(rule)} of "${login}" ${what}.`,
    });
  }
  return { root: rightsOf(root), selectors: selectors.map(rightsOf) };
}

function rightsOf({ template, commands, keys, channels }: AclRules): Rights {
  return {
    commands: [...(template === undefined ? [] : templates[template]), ...commands],
    keys: sameKeys(keys),
    channels: sameChannels(channels),
  };
}
