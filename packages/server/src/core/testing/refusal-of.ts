import { Refusal } from '../index.ts';

/** What `work` is refused with. @throws an Error when it is not refused */
export async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  const outcome = await work.catch((thrown: unknown) => thrown);
  if (outcome instanceof Refusal) return outcome;
  throw new Error('this was not refused', { cause: outcome });
}
