import { describe, expect, test } from 'vitest';
import type { Effect } from './effect.ts';
import type { NodeLink } from './node-link.ts';
import { RunningOrder } from './running-order.ts';

const [one, other] = ['one', 'other'].map((name) => ({ name }) as NodeLink) as [NodeLink, NodeLink];
const reads: Effect = { reads: true, mayBePutOff: false };
const readsSeveral: Effect = { reads: true, mayBePutOff: true };
const writes: Effect = { reads: false, mayBePutOff: false };
const writesSeveral: Effect = { reads: false, mayBePutOff: true };

describe('what may be sent while others have no answer', () => {
  test.each<
    [
      what: string,
      sent: readonly [NodeLink | 'several', Effect][],
      next: [NodeLink, Effect],
      allowed: boolean,
    ]
  >([
    ['anything, when nothing is unanswered', [], [one, writes], true],
    ['a write behind a write at the same node', [[one, writes]], [one, writes], true],
    ['a write behind a write at another node', [[one, writes]], [other, writes], false],
    ['a read behind a write at another node', [[one, writes]], [other, reads], false],
    ['a write behind a read at another node', [[one, reads]], [other, writes], false],
    ['a read behind a read at another node', [[one, reads]], [other, reads], true],
    [
      'a read behind reads at several nodes',
      [
        [one, reads],
        [other, reads],
      ],
      [one, reads],
      true,
    ],
    [
      'a write behind reads at several nodes',
      [
        [one, reads],
        [other, reads],
      ],
      [one, writes],
      false,
    ],
    ['a write behind one that may be put off', [[one, writesSeveral]], [one, writes], false],
    ['a write behind a read that may be put off', [[one, readsSeveral]], [one, writes], false],
    ['a read behind a read that may be put off', [[one, readsSeveral]], [one, reads], true],
    ['a read behind a read at all nodes', [['several', reads]], [one, reads], true],
    ['a write behind a read at all nodes', [['several', reads]], [one, writes], false],
    ['a write behind a write at all nodes', [['several', writes]], [one, writes], false],
  ])('%s', (_, sent, [link, effect], allowed) => {
    const order = new RunningOrder();
    for (const [at, what] of sent) order.sent(at, what);
    expect(order.allows(link, effect)).toBe(allowed);
    order.clear();
    expect(order.allows(link, effect)).toBe(true);
  });
});
