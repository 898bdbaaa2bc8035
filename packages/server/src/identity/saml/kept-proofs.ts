import { z } from 'zod';
import { type Clock, hashSecret, newId, type Principal } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import type { SignInWords } from '../attested-proof.ts';
import { type Assertion, skewMs } from './assertion.ts';
import { type NamedSession, namedSessionSchema } from './named-sessions.ts';

/** From the posted answer to our own address lies one redirect. */
const keptMs = 60_000;

const models = { assertion: 'SamlAssertion', proof: 'SamlProof' } as const;

const proofSchema = z.object({
  method: z.string(),
  inResponseTo: z.string(),
  words: z.object({ contexts: z.array(z.string().nullish()), at: z.number().optional() }),
  session: namedSessionSchema.optional(),
  subject: z.string(),
  displayName: z.string(),
  groups: z.array(z.string()),
  claims: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
});

/** Whom an assertion proved, and the request that it answered. */
export interface KeptProof {
  readonly principal: Principal;
  readonly inResponseTo: string;
  readonly words: SignInWords;
  /** What the provider calls its own session with the person. */
  readonly session?: NamedSession;
}

/**
 * Assertions that were seen, and what they proved until the browser is back. In the store, so that each counts once
 * for all gateways, and after a restart.
 */
export interface KeptProofs {
  /** True for exactly one caller with this message, which is refused by its time after `until`. */
  useUp(message: Pick<Assertion, 'id' | 'until'>): Promise<boolean>;
  /** Keeps a proof for a minute. @returns what it is taken with: a bearer value */
  keep(proof: KeptProof): Promise<string>;
  /** Gives a proof of this method, once. */
  take(handle: string): Promise<KeptProof | undefined>;
}

/** See {@link KeptProofs}. */
export function keptProofs(
  method: string,
  { artifacts }: Pick<Store, 'artifacts'>,
  clock: Clock,
): KeptProofs {
  return {
    async useUp({ id, until }) {
      const idHash = hashSecret(JSON.stringify([method, id]));
      // As long as it could be presented; the mark of use outlives every later save.
      await artifacts.upsert({
        model: models.assertion,
        idHash,
        payload: {},
        expiresAt: until + 2 * skewMs,
      });
      return (await artifacts.consume(models.assertion, idHash, clock.now())) === 'consumed';
    },

    async keep({ principal, inResponseTo, words, session }) {
      const handle = newId();
      await artifacts.upsert({
        model: models.proof,
        idHash: hashSecret(handle),
        payload: { ...principal, inResponseTo, words, session },
        expiresAt: clock.now() + keptMs,
      });
      return handle;
    },

    async take(handle) {
      const idHash = hashSecret(handle);
      const found = await artifacts.find(models.proof, idHash);
      if (found === undefined) return undefined;
      if ((await artifacts.consume(models.proof, idHash, clock.now())) !== 'consumed') return undefined;
      await artifacts.destroy(models.proof, idHash);
      const { inResponseTo, words, session, ...principal } = proofSchema.parse(found.payload);
      if (principal.method !== method) return undefined;
      return { principal, inResponseTo, words, ...(session !== undefined && { session }) };
    },
  };
}
