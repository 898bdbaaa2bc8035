import { z } from 'zod';
import { type Clock, hashSecret, Refusal } from '../core/index.ts';
import { inTurn, type Store } from '../store/index.ts';
import { openUnder, sealUnder } from './sealed-under.ts';

/** A second click comes within seconds. Whoever comes later came back, and must see what became of it since. */
const keptMs = 10_000;
const model = 'KeptAnswer';
const sealedFor = { purpose: 'kept answer', owner: '' };

const answer = z.object({
  status: z.number(),
  /** Those that the answer itself needs, the cookies among them. By lower-case names. */
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  body: z.string().optional(),
});

/** What a browser was told. */
export type KeptAnswer = Readonly<z.infer<typeof answer>>;

/**
 * What is sent twice, by a second click or by a browser that lost the answer, has one effect and one answer: the second
 * sending gets the very answer of the first, cookies and all. So nothing is looked at twice, a code of an app for
 * instance, and no second browser session begins.
 */
export interface KeptAnswers {
  /**
   * Does `work` unless the same was done a moment ago; in turn, over all gateways. `presented` names the sending and
   * holds what this browser alone knows: whoever can say it gets the answer, and the store alone cannot open it.
   * `work` gives what to keep, or undefined when it may be done again.
   * @throws Refusal `store_unavailable` when the first one does not come to an end; whatever `work` or the store throws
   */
  once(
    presented: string,
    work: () => Promise<KeptAnswer | undefined>,
  ): Promise<{ readonly outcome: 'first' } | { readonly outcome: 'again'; readonly answer: KeptAnswer }>;
}

/** See {@link KeptAnswers}. */
export function createKeptAnswers(
  { artifacts, locks }: Pick<Store, 'artifacts' | 'locks'>,
  clock: Clock,
): KeptAnswers {
  const oneAfterTheOther = queues();

  const once: KeptAnswers['once'] = async (presented, work) => {
    const idHash = hashSecret(presented);
    const look = async () => {
      const kept = await artifacts.find(model, idHash);
      if (typeof kept?.payload.sealed === 'string') {
        const opened = JSON.parse(openUnder(presented, sealedFor, kept.payload.sealed));
        return { outcome: 'again', answer: answer.parse(opened) } as const;
      }
      const given = await work();
      if (given !== undefined) {
        const payload = { sealed: sealUnder(presented, sealedFor, JSON.stringify(given)) };
        await artifacts.upsert({ model, idHash, payload, expiresAt: clock.now() + keptMs });
      }
      return { outcome: 'first' } as const;
    };
    const turn = await oneAfterTheOther(idHash, () => inTurn({ locks, clock }, `answer:${idHash}`, look));
    if (turn.outcome === 'busy') throw new Refusal('store_unavailable');
    return turn.result;
  };
  return { once };
}

/** Those of this process wait for each other here: a thousand of the same would ask the store for the lease all the time. */
function queues(): <Result>(name: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const mine = (last.get(name) ?? Promise.resolve()).then(work, work);
    last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (last.get(name) === mine) last.delete(name);
    }
  };
}
