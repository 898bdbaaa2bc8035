import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseYaml } from '../config/index.ts';
import { Secret } from '../core/index.ts';
import { hashPassword } from '../identity/index.ts';
import { keepFile } from './kept-file.ts';

const groups = ['viewer', 'editor', 'admin'] as const;

const samplePerson = z.strictObject({
  username: z.string(),
  group: z.enum(groups),
  password: z.string(),
  passwordHash: z.string(),
});

/** One of the demo's people. The password is shown at each start: it opens sample data on the loopback address only. */
export type SamplePerson = Readonly<z.infer<typeof samplePerson>>;

/** The people of the demo, one for each group; their passwords are made at the first start and kept in `file`. */
export async function samplePeople(file: string): Promise<readonly SamplePerson[]> {
  const kept = await keepFile(file, async () => {
    const people = await Promise.all(groups.map(makePerson));
    return `${JSON.stringify(people, null, 2)}\n`;
  });
  const yaml = parseYaml(kept);
  if (yaml.outcome === 'invalid') throw unreadable(file, yaml.problems[0]);
  const { source } = yaml;
  const people = z.array(samplePerson).safeParse(source.value);
  if (people.success) return people.data;
  throw unreadable(file, source.locate((people.error.issues[0]?.path ?? []) as (string | number)[]));
}

/** Never quotes the file, which holds passwords. */
function unreadable(file: string, place: { readonly line?: number; readonly column?: number } = {}): Error {
  return new Error(
    `The demo's people cannot be read: ${file}:${place.line ?? 1}:${place.column ?? 1} is not as the demo wrote it. Mend it, or remove the file: the demo then makes them anew, with other passwords.`,
  );
}

async function makePerson(group: SamplePerson['group']): Promise<SamplePerson> {
  const password = readablePassword();
  const passwordHash = await hashPassword(new Secret(password));
  return { username: `${group}@example.com`, group, password, passwordHash };
}

/** 80 random bits without letters that look like others: `k7mq-2xhd-9w3r-p5tn`. */
function readablePassword(): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  const letters = [...randomBytes(16)].map((byte) => alphabet.charAt(byte & 31)).join('');
  return letters.replaceAll(/.{4}(?=.)/g, '$&-');
}
