import type { Config } from '../config/index.ts';
import type { SecretSource } from '../vault/index.ts';

/** A secret that the config names and that cannot be read now. */
export interface SecretNotAtHand {
  /** The key that names it, as `databases.authdb.roles.readonly.password`. */
  readonly key: string;
  /** What is wrong, a sentence that names the variable or file and no secret. */
  readonly problem: string;
}

/** Those of applications. Without them it is not known who may sign in as one, so a config with such a one cannot count. */
export async function clientSecretsNotAtHand(
  { clients }: Pick<Config, 'clients'>,
  secrets: SecretSource,
): Promise<readonly SecretNotAtHand[]> {
  return await notAtHand(
    clients.map(({ id, secret }) => [`clients.${id}.secret`, secret] as const),
    secrets,
  );
}

/** Those of roles. Such a role lets nobody in until it can be read; the others do, so this is for the log. */
export async function roleSecretsNotAtHand(
  { databases }: Pick<Config, 'databases'>,
  secrets: SecretSource,
): Promise<readonly SecretNotAtHand[]> {
  const references = [...databases.values()].flatMap(({ name, roles }) =>
    roles.map((role) => [`databases.${name}.roles.${role.name}.password`, role.password] as const),
  );
  return await notAtHand(references, secrets);
}

async function notAtHand(
  references: readonly (readonly [key: string, reference: string | undefined])[],
  secrets: SecretSource,
): Promise<readonly SecretNotAtHand[]> {
  const missing: SecretNotAtHand[] = [];
  for (const [key, reference] of references) {
    if (reference === undefined) continue;
    try {
      await secrets.resolve(reference);
    } catch (thrown) {
      missing.push({ key, problem: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  }
  return missing;
}
