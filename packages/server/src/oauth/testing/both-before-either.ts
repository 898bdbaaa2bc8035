import type { TestBed } from './test-bed.ts';

/**
 * Sends a request twice, so that both have found a code or token unused before either uses it up: the moment that
 * two gateways can always hit, and a test that only sends much at once hits by luck.
 */
export async function bothBeforeEither<Answer>(
  bed: TestBed,
  send: () => Promise<Answer>,
): Promise<readonly Answer[]> {
  const { consume } = bed.store.artifacts;
  const waiting: (() => void)[] = [];
  bed.store.artifacts.consume = async (...given) => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 2) for (const go of waiting) go();
    });
    return consume(...given);
  };
  try {
    return await Promise.all([send(), send()]);
  } finally {
    bed.store.artifacts.consume = consume;
  }
}
