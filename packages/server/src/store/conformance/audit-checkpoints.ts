import { describe, expect, test } from 'vitest';
import { newId } from '../../core/index.ts';
import type { ConformanceContext } from './conformance-context.ts';

/** The heads of the audit chains. */
export function auditCheckpointsConformance({ store }: ConformanceContext): void {
  describe('audit checkpoints', () => {
    test('remembers the newest head of each chain, and never goes back to an older one', async () => {
      const { checkpoints } = store();
      const chain = newId();
      const at = (sequence: number) => ({ chain, sequence, hash: `h${sequence}`, at: 1, signature: 's' });
      expect(await checkpoints.latest(chain)).toBeUndefined();
      await checkpoints.put(at(5));
      await checkpoints.put(at(9));
      expect(await checkpoints.latest(chain)).toEqual(at(9));
      await checkpoints.put(at(7));
      expect(await checkpoints.latest(chain)).toEqual(at(9));
      expect(await checkpoints.latest(newId())).toBeUndefined();
    });
  });
}
