import { expect, test } from 'vitest';
import { Random } from './random.ts';

function draws(random: Random): readonly number[] {
  return Array.from({ length: 1_000 }, () => random.below(10));
}

test('the same seed gives the same numbers, another one gives others', () => {
  expect(draws(new Random('a'))).toEqual(draws(new Random('a')));
  expect(draws(new Random('a'))).not.toEqual(draws(new Random('b')));
});

test('what a part draws does not depend on what was drawn before it', () => {
  const random = new Random('a');
  const early = draws(random.fork('part'));
  draws(random);
  expect(draws(random.fork('part'))).toEqual(early);
});

test('every number comes, and about equally often', () => {
  const drawn = draws(new Random('a'));
  for (let number = 0; number < 10; number += 1) {
    expect(drawn.filter((one) => one === number).length).toBeGreaterThan(60);
  }
});
