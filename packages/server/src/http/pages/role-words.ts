import type { EngineName, Role } from '../../core/index.ts';
import { durationInWords } from './duration-words.ts';

type Sentences = Readonly<Record<'read' | 'write' | 'admin', readonly string[]>>;

const tables: Sentences = {
  read: ['Read every table'],
  write: ['Read every table', 'Add, change and delete rows'],
  admin: ['Read every table', 'Add, change and delete rows', 'Create, alter and drop tables'],
};

const keys: Sentences = {
  read: ['Read every key', 'Listen to every channel'],
  write: ['Read every key', 'Add, change and delete keys', 'Listen and publish to every channel'],
  admin: [
    'Read every key',
    'Add, change and delete keys',
    'Listen and publish to every channel',
    'Read about the server',
  ],
};

/** What a template gives, where it is not about tables. */
const templates: Readonly<Partial<Record<EngineName, Sentences>>> = { redis: keys };

/**
 * What a role can do, in plain words, one sentence each. A role that Grantway does not manage is defined in the
 * database alone, so the page can only name its login.
 */
export function roleInWords(engine: EngineName, role: Role): readonly string[] {
  if (role.grants?.kind === 'template') return (templates[engine] ?? tables)[role.grants.template];
  if (role.grants?.kind === 'statements')
    return [`Do what your administrator granted to the role “${role.name}”`];
  if (role.asPerson) return ['Do everything that you may do there as your own user of the database'];
  return [`Do everything that the database login “${role.login}” may do`];
}

/** What a role demands of the sign-in, as one sentence; undefined when any will do. */
export function demandInWords({ require: demand }: Role): string | undefined {
  const wanted = [
    demand?.factor && 'a second factor',
    demand?.signInWithinMs !== undefined &&
      `a sign-in that is not older than ${durationInWords(demand.signInWithinMs)}`,
  ].filter((part) => typeof part === 'string');
  return wanted.length === 0 ? undefined : `Asks for ${wanted.join(' and ')}`;
}
