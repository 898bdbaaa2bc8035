import { expect, onTestFinished, test, vi } from 'vitest';
import { GrantwayError } from '../errors.ts';
import { followToken } from './live-token.ts';
import type { TokenOutcome } from './token-keeper.ts';

const holder = { subject: 'local:ada', database: 'authdb' };

/** A token that is due at once, so that the next is asked for without waiting. */
function due(accessToken: string): TokenOutcome {
  const connection = { database: 'authdb', role: 'r', engine: 'redis', host: 'h', port: 1, username: 'r' };
  return { outcome: 'fresh', accessToken, expiresAt: Date.now(), connection, name: 'Ada' };
}

/** Gives these in turn, the last one for ever. */
function inTurn(...outcomes: readonly (TokenOutcome | Error)[]): () => Promise<TokenOutcome> {
  let next = 0;
  return async () => {
    const outcome = outcomes[Math.min(next++, outcomes.length - 1)];
    if (outcome === undefined || outcome instanceof Error) throw outcome;
    return outcome;
  };
}

test('each new token is told once, through a failure that passes, until the consent ends', async () => {
  const passing = new GrantwayError('network', 'no answer');
  const token = inTurn(due('a'), due('a'), due('b'), passing, due('c'), { outcome: 'needs-reconnect' });
  const told: string[] = [];
  const ends: GrantwayError[] = [];
  const live = await followToken(token, holder, {
    onToken: (accessToken) => told.push(accessToken),
    onEnd: (reason) => ends.push(reason),
  });
  onTestFinished(live.stop);
  expect(live.current).toBe('a');
  await vi.waitFor(() => expect(ends).toHaveLength(1), 20_000);
  expect(told).toEqual(['b', 'c']);
  expect(live.current).toBe('c');
  expect(ends[0]?.code).toBe('needs_reconnect');
});

test('nothing is told after it was stopped', async () => {
  let asked = 0;
  const told: string[] = [];
  const live = await followToken(async () => due(`token ${asked++}`), holder, {
    onToken: (accessToken) => told.push(accessToken),
  });
  await vi.waitFor(() => expect(told.length).toBeGreaterThan(0), 20_000);
  live.stop();
  const [before, questions] = [told.length, asked];
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(told).toHaveLength(before);
  expect(asked).toBe(questions);
});

test('there is nothing to follow when the consent has ended', async () => {
  const ended = followToken(inTurn({ outcome: 'needs-reconnect' }), holder, { onToken: () => {} });
  await expect(ended).rejects.toMatchObject({ code: 'needs_reconnect' });
});
