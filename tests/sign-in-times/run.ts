import { randomInt } from 'node:crypto';
import { cpus } from 'node:os';
import { hash as bcryptHash } from '@node-rs/bcrypt';
import { quantile } from '../../bench/statistics.ts';
import { newId, Secret } from '../../packages/server/src/core/index.ts';
import { formToken, shown, startSite } from '../../packages/server/src/http/testing/index.ts';
import { hashPassword } from '../../packages/server/src/identity/index.ts';
import { Person } from '../support/person.ts';

/**
 * `npm run test:sign-in-times [SAMPLES [AT_ONCE]]`: how long the sign-in page takes to refuse, for people whom it knows and whom it
 * does not (threat G18 of docs/threat-model.md). It asserts nothing: a busy machine makes times of its own. Whoever
 * tries each person once, from an address of their own, meets no throttle.
 */
const samples = Number(process.argv[2] ?? 100);
const atOnce = Number(process.argv[3] ?? 4);
const password = 'the password of everybody here';

const hashes = {
  'argon2id, as here': await hashPassword(new Secret(password)),
  'bcrypt 10, from elsewhere': await bcryptHash(password, { cost: 10 }),
  'bcrypt 12, from elsewhere': await bcryptHash(password, { cost: 12 }),
};
const site = await startSite({ trustedProxies: ['127.0.0.1'], limits: {} });

/** Adds somebody, and gives the user name. */
async function add(hash: string, disabled = false): Promise<string> {
  const name = `${newId().toLowerCase()}@example.com`;
  const id = `local:${name}`;
  await site.store.people.put({ id, displayName: name, groups: [], claims: {} }, Date.now());
  await site.store.people.setPassword(id, { hash });
  if (disabled) await site.store.people.disable(id);
  return name;
}

const kinds: Readonly<Record<string, () => Promise<{ username: string; password: string }>>> = {
  'nobody of this name': async () => ({ username: `${newId()}@example.com`, password }),
  ...Object.fromEntries(
    Object.entries(hashes).map(([kind, hash]) => [
      `a wrong password (${kind})`,
      async () => ({ username: await add(hash), password: 'wrong' }),
    ]),
  ),
  'the right password of somebody disabled': async () => ({
    username: await add(hashes['argon2id, as here'], true),
    password,
  }),
};

/** Milliseconds from the form to the answer. */
async function timed(fields: { readonly username: string; readonly password: string }): Promise<number> {
  const person = new Person(site.issuer, fields.username, fields.password);
  const page = await shown(person.open('/sign-in'));
  const body = new URLSearchParams({ ...fields, form_token: formToken(page) });
  const from = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`;
  const began = performance.now();
  const answer = await person.fetch('/sign-in', {
    method: 'POST',
    body,
    headers: { 'x-forwarded-for': from },
  });
  await answer.text();
  if (answer.status !== 422) throw new Error(`not refused, but ${answer.status}`);
  return performance.now() - began;
}

const tries = Object.keys(kinds).flatMap((kind) => Array.from({ length: samples }, () => kind));
// In no order: what a machine does meanwhile must not fall on one kind alone.
for (let at = tries.length - 1; at > 0; at--) {
  const other = randomInt(at + 1);
  [tries[at], tries[other]] = [tries[other] ?? '', tries[at] ?? ''];
}
const times = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]));
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (let kind = tries.pop(); kind !== undefined; kind = tries.pop()) {
      const fields = await kinds[kind]?.();
      if (fields !== undefined) times.get(kind)?.push(await timed(fields));
    }
  }),
);
await site.stop();

console.log(`${cpus().length} cores, Node ${process.versions.node}, ${samples} of each, ${atOnce} at once`);
console.table(
  Object.fromEntries(
    [...times].map(([kind, values]) => [
      kind,
      Object.fromEntries(
        [0.5, 0.9, 0.99].map((share) => [
          `p${share * 100} ms`,
          Math.round(quantile(values, share) * 10) / 10,
        ]),
      ),
    ]),
  ),
);
