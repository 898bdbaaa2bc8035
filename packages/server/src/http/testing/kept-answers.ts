import type { Store } from '../../store/index.ts';

/** Does `work`, and gives the answers that it kept, as they lie in the store. */
export async function keptAnswersOf<Result>(
  { artifacts }: Pick<Store, 'artifacts'>,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly kept: readonly string[] }> {
  const { upsert } = artifacts;
  const kept: string[] = [];
  artifacts.upsert = async (artifact) => {
    if (artifact.model === 'KeptAnswer') kept.push(JSON.stringify(artifact));
    await upsert(artifact);
  };
  try {
    return { result: await work(), kept };
  } finally {
    artifacts.upsert = upsert;
  }
}
