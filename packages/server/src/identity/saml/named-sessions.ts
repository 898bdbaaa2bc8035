import { z } from 'zod';
import { type Clock, hashSecret } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';

/** Longer than any browser session or live session lasts. */
const keptMs = 30 * 86_400_000;

const model = 'SamlSession';

/** A session as the provider named it, in the form in which it is kept. */
export const namedSessionSchema = z.object({
  nameId: z.object({
    value: z.string(),
    format: z.string().optional(),
    nameQualifier: z.string().optional(),
    spNameQualifier: z.string().optional(),
  }),
  sessionIndex: z.string().optional(),
});

/** What the provider calls somebody and its session with them: signing out is said in these words. */
export type NamedSession = z.infer<typeof namedSessionSchema>;

/** The newest session of each person at the provider, whichever of our gateways it signed them in at. */
export interface NamedSessions {
  keep(personId: string, session: NamedSession): Promise<void>;
  of(personId: string): Promise<NamedSession | undefined>;
  /** Whom the provider means by this NameID; undefined when nobody signed in under it. */
  personCalled(nameId: string): Promise<string | undefined>;
  forget(nameId: string): Promise<void>;
}

/** See {@link NamedSessions}. */
export function namedSessions(
  method: string,
  { artifacts }: Pick<Store, 'artifacts'>,
  clock: Clock,
): NamedSessions {
  const called = (nameId: string) => hashSecret(JSON.stringify([method, nameId]));
  return {
    async keep(personId, session) {
      await artifacts.upsert({
        model,
        idHash: called(session.nameId.value),
        payload: session,
        expiresAt: clock.now() + keptMs,
        accountId: personId,
      });
    },

    async of(personId) {
      const [newest] = await artifacts.list(model, { accountId: personId });
      return newest && namedSessionSchema.parse(newest.payload);
    },

    async personCalled(nameId) {
      return (await artifacts.find(model, called(nameId)))?.accountId;
    },

    forget: (nameId) => artifacts.destroy(model, called(nameId)),
  };
}
