import { describe, expect, test } from 'vitest';
import { newId } from '../core/index.ts';
import { openUnder, sealUnder } from './sealed-under.ts';

const presented = newId('gwr_');
const mine = { purpose: 'a test', owner: 'acme-bi' };

describe('what is sealed under something presented', () => {
  test('opens for whoever presents the same, and is another box each time', () => {
    const boxes = [sealUnder(presented, mine, 'the answer ✓'), sealUnder(presented, mine, 'the answer ✓')];
    expect(boxes.map((box) => openUnder(presented, mine, box))).toEqual(['the answer ✓', 'the answer ✓']);
    expect(new Set(boxes).size).toBe(2);
    expect(boxes.join()).not.toContain(Buffer.from('the answer').toString('base64url'));
  });

  test.each<[what: string, presented: string, sealedFor: typeof mine]>([
    ['something else presented', newId('gwr_'), mine],
    ['nothing presented', '', mine],
    ['another owner', presented, { ...mine, owner: 'another client' }],
    ['another purpose', presented, { ...mine, purpose: 'another test' }],
  ])('does not open with %s', (_, otherwise, sealedFor) => {
    const box = sealUnder(presented, mine, 'the answer');
    expect(() => openUnder(otherwise, sealedFor, box)).toThrow();
  });

  test('does not open when a bit of it was changed, wherever, or it was cut', () => {
    const box = Buffer.from(sealUnder(presented, mine, 'the answer'), 'base64url');
    for (const [at, byte] of box.entries()) {
      const changed = Buffer.from(box);
      changed[at] = byte ^ 1;
      expect(() => openUnder(presented, mine, changed.toString('base64url'))).toThrow();
    }
    for (const length of [0, 11, 12, 27, 28, box.length - 1])
      expect(() => openUnder(presented, mine, box.subarray(0, length).toString('base64url'))).toThrow();
  });
});
