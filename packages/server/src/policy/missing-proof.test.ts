import { describe, expect, test } from 'vitest';
import type { RoleDemand, SignInProof } from '../core/index.ts';
import { missingProof } from './missing-proof.ts';

const now = 1_700_000_000_000;
const minute = 60_000;
const password: SignInProof = { methods: ['pwd'], at: now };
const both: SignInProof = { methods: ['pwd', 'otp', 'mfa'], at: now };

describe('what a sign-in lacks for a role', () => {
  test.each<[string, RoleDemand | undefined, SignInProof | undefined, string | undefined]>([
    ['no demand is met by nothing', undefined, undefined, undefined],
    ['a factor is met by two methods', { factor: true }, both, undefined],
    ['a factor is not met by a password', { factor: true }, password, 'factor'],
    [
      'a factor is not met by two methods that are one',
      { factor: true },
      { methods: ['pwd', 'fed'], at: now },
      'factor',
    ],
    ['a factor is not met where nobody signed in', { factor: true }, undefined, 'factor'],
    [
      'an age is met at its very end',
      { factor: false, signInWithinMs: minute },
      { ...password, at: now - minute },
      undefined,
    ],
    [
      'an age is not met after it',
      { factor: false, signInWithinMs: minute },
      { ...password, at: now - minute - 1 },
      'fresh_sign_in',
    ],
    [
      'an age is not met where nobody signed in',
      { factor: false, signInWithinMs: minute },
      undefined,
      'fresh_sign_in',
    ],
    [
      'both lacking asks for a whole sign-in',
      { factor: true, signInWithinMs: minute },
      { ...password, at: 0 },
      'fresh_sign_in',
    ],
  ])('%s', (_, demand, proof, kind) => {
    expect(missingProof(demand === undefined ? {} : { require: demand }, proof, now)?.kind).toBe(kind);
  });
});
