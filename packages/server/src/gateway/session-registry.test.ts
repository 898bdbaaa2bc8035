import { describe, expect, it } from 'vitest';
import { mintPermit, type Permit, Refusal, systemClock } from '../core/index.ts';
import { sampleDatabase, sampleRole } from '../core/testing/index.ts';
import type { CancelOutcome, Relay, Upstream } from '../engines/index.ts';
import type { Revocation } from '../store/index.ts';
import { SessionRegistry } from './session-registry.ts';

const role = sampleRole();
const database = sampleDatabase();

function permit(subject: string): Permit {
  return mintPermit({
    principal: { method: 'local', subject, displayName: subject, groups: [], claims: {} },
    database,
    role,
    clientId: 'acme-bi',
    consentId: `consent-of-${subject}`,
    tokenHash: `token-of-${subject}`,
    endsAt: Date.now() + 60_000,
  });
}

/** Only records what it is asked: a running relay needs two live sockets, and these tests are about who is asked. */
function listeningRelay(): Relay & { readonly stopped: Refusal[] } {
  const stopped: Refusal[] = [];
  return {
    stopped,
    statements: 0,
    ended: new Promise(() => undefined),
    stop: async (refusal) => void stopped.push(refusal),
  };
}

function upstreamThatCounts(): Upstream & { readonly cancelled: number } {
  const upstream = {
    pid: '1',
    parameters: new Map<string, string>(),
    closed: false,
    cancelled: 0,
    cancel: async (): Promise<CancelOutcome> => {
      upstream.cancelled += 1;
      return 'taken';
    },
    reset: async () => 'clean' as const,
    close: () => undefined,
    settled: async () => undefined,
    onIdleEnd: () => undefined,
  };
  return upstream;
}

function enter(registry: SessionRegistry, id: string, subject: string, watermark = registry.watermark) {
  const cancelKey = { id: `key-of-${id}`, bytes: Buffer.alloc(8) };
  const entry = registry.enter({
    id,
    permit: permit(subject),
    remoteAddress: '127.0.0.1',
    cancelKey,
    watermark,
  });
  const relay = listeningRelay();
  const upstream = upstreamThatCounts();
  if (entry.outcome === 'entered') entry.running(relay, upstream);
  return { entry, relay, upstream, cancelKey };
}

describe('the registry of live sessions', () => {
  it.each<[Revocation['kind'], string]>([
    ['token', 'token-of-ann'],
    ['consent', 'consent-of-ann'],
    ['person', 'local:ann'],
    ['session', 'session-of-ann'],
  ])('ends the sessions that a revoked %s concerns, and no other', async (kind, subject) => {
    const registry = new SessionRegistry('gateway', systemClock);
    const ann = enter(registry, 'session-of-ann', 'ann');
    const bob = enter(registry, 'session-of-bob', 'bob');
    await registry.revoke({ kind, subject, reason: 'you ended it' });
    expect(ann.relay.stopped.map((refusal) => refusal.message)).toEqual([
      'Your access was revoked: you ended it. Sign in again if you still need it.',
    ]);
    expect(bob.relay.stopped).toEqual([]);
  });

  it.each<[Revocation['kind'], string]>([
    ['client', 'acme-bi'],
    ['role', 'authdb/readonly'],
  ])('ends everybody when the %s that they share is revoked', async (kind, subject) => {
    const registry = new SessionRegistry('gateway', systemClock);
    const ann = enter(registry, 'a', 'ann');
    const bob = enter(registry, 'b', 'bob');
    await registry.revoke({ kind, subject, reason: 'it was removed' });
    expect([ann.relay.stopped.length, bob.relay.stopped.length]).toEqual([1, 1]);
  });

  it('refuses a session whose token was read before the revocation and who enters after it', async () => {
    const registry = new SessionRegistry('gateway', systemClock);
    const before = registry.watermark;
    await registry.revoke({ kind: 'person', subject: 'local:ann', reason: 'the account was disabled' });
    expect(enter(registry, 'a', 'ann', before).entry.outcome).toBe('refused');
    expect(enter(registry, 'b', 'bob', before).entry.outcome).toBe('entered');
    expect(
      enter(registry, 'c', 'ann').entry.outcome,
      'a token that was read afterwards is judged by itself',
    ).toBe('entered');
  });

  it('ends the sessions of a gateway that stops, and refuses one that was still signing in', async () => {
    const registry = new SessionRegistry('gateway', systemClock);
    const live = enter(registry, 'a', 'ann');
    await registry.close(new Refusal('gateway_stopping'));
    expect(live.relay.stopped).toMatchObject([{ code: 'gateway_stopping' }]);
    expect(enter(registry, 'b', 'bob').entry).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'gateway_stopping' },
    });
    expect(registry.list().map(({ id }) => id)).toEqual(['a']);
  });

  it('stops a session that is revoked between entering and running', async () => {
    const registry = new SessionRegistry('gateway', systemClock);
    const cancelKey = { id: 'key', bytes: Buffer.alloc(8) };
    const entry = registry.enter({
      id: 'a',
      permit: permit('ann'),
      remoteAddress: '',
      cancelKey,
      watermark: 0,
    });
    if (entry.outcome !== 'entered') throw new Error('expected to enter');
    await registry.revoke({ kind: 'session', subject: 'a', reason: 'you ended it' });
    const relay = listeningRelay();
    entry.running(relay, upstreamThatCounts());
    expect(relay.stopped.length).toBe(1);
  });

  it('cancels only by the key of a session that is there', async () => {
    const registry = new SessionRegistry('gateway', systemClock);
    const ann = enter(registry, 'a', 'ann');
    const bob = enter(registry, 'b', 'bob');
    if (ann.entry.outcome !== 'entered') throw new Error('expected to enter');
    expect(await registry.cancel('a key that nobody has')).toBe('unknown');
    expect(await registry.cancel(ann.cancelKey.id)).toBe('done');
    await ann.entry.leave();
    expect(await registry.cancel(ann.cancelKey.id)).toBe('unknown');
    expect([ann.upstream.cancelled, bob.upstream.cancelled]).toEqual([1, 0]);
  });

  it('says that it cancelled once the server has taken that, so that nothing later is hit', async () => {
    const registry = new SessionRegistry('gateway', systemClock);
    const ann = enter(registry, 'a', 'ann');
    const { promise: taken, resolve } = Promise.withResolvers<CancelOutcome>();
    const take = () => resolve('taken');
    ann.upstream.cancel = () => taken;
    let done = false;
    const cancel = registry.cancel(ann.cancelKey.id).then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    take();
    await cancel;
  });

  it('A19 lets a session leave its connection to nobody while a cancel request for it is on its way', async () => {
    const registry = new SessionRegistry('here', systemClock);
    const ann = enter(registry, 'one', 'ann');
    const { promise: taken, resolve } = Promise.withResolvers<CancelOutcome>();
    const take = () => resolve('taken');
    ann.upstream.cancel = () => taken;
    const cancel = registry.cancel(ann.cancelKey.id);
    if (ann.entry.outcome !== 'entered') throw new Error('expected to be let in');
    let left = false;
    const leaving = ann.entry.leave().then(() => {
      left = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(left).toBe(false);
    take();
    await Promise.all([leaving, cancel]);
    expect(left).toBe(true);
  });

  it('cancels and ends a session from inside another only for the same person through the same client', async () => {
    const registry = new SessionRegistry('gateway-1', systemClock);
    const ann = enter(registry, 'ann', 'ann');
    if (ann.entry.outcome !== 'entered') throw new Error('expected to enter');
    ann.entry.running(ann.relay, ann.upstream);
    const { id } = ann.cancelKey;

    expect(await registry.endPeer(permit('bob'), id, 'statement')).toBe('unknown');
    const otherClient = mintPermit({ ...permit('ann'), clientId: 'another-app' });
    expect(await registry.endPeer(otherClient, id, 'session')).toBe('unknown');
    expect(await registry.endPeer(permit('ann'), 'a key that nobody has', 'statement')).toBe('unknown');
    expect([ann.upstream.cancelled, ann.relay.stopped.length]).toEqual([0, 0]);

    expect(await registry.endPeer(permit('ann'), id, 'statement')).toBe('done');
    expect(ann.upstream.cancelled).toBe(1);
    expect(await registry.endPeer(permit('ann'), id, 'session')).toBe('done');
    expect(ann.relay.stopped.map((refusal) => refusal.code)).toEqual(['access_revoked']);
  });

  it.each<[CancelOutcome | 'failed', string]>([
    ['taken', 'done'],
    ['not_asked', 'unconfirmed'],
    ['unsure', 'unconfirmed'],
    ['failed', 'unconfirmed'],
  ])('says of a statement whose server was asked and came out as %s that it is %s', async (came, told) => {
    const registry = new SessionRegistry('gateway-1', systemClock);
    const ann = enter(registry, 'ann', 'ann');
    ann.upstream.cancel = async () => {
      if (came === 'failed') throw new Error('nothing goes any more');
      return came;
    };
    expect(await registry.endPeer(permit('ann'), ann.cancelKey.id, 'statement')).toBe(told);
  });

  it('ends the sessions that changed rules would not let in any more', async () => {
    const registry = new SessionRegistry('gateway', systemClock);
    const ann = enter(registry, 'a', 'ann');
    const bob = enter(registry, 'b', 'bob');
    await registry.recheck(async ({ principal }) => principal.subject === 'bob', 'the rules changed');
    expect([ann.relay.stopped.length, bob.relay.stopped.length]).toEqual([1, 0]);
  });

  it('ends a renewed session with its new token, and no more with the old one', async () => {
    const registry = new SessionRegistry('gateway', systemClock);
    const ann = enter(registry, 'a', 'ann');
    if (ann.entry.outcome !== 'entered') throw new Error('expected to enter');
    ann.entry.renew(renewed('ann'), registry.watermark);
    await registry.revoke({ kind: 'token', subject: 'token-of-ann', reason: 'it was replaced' });
    await registry.revoke({ kind: 'consent', subject: 'consent-of-ann', reason: 'it was replaced' });
    expect(ann.relay.stopped).toEqual([]);
    expect(registry.list()).toMatchObject([{ consentId: 'second consent' }]);
    await registry.revoke({ kind: 'token', subject: 'second token', reason: 'you ended it' });
    expect(ann.relay.stopped.length).toBe(1);
  });

  it('renews no session with a token that was revoked while it was looked at', async () => {
    const registry = new SessionRegistry('gateway', systemClock);
    const ann = enter(registry, 'a', 'ann');
    if (ann.entry.outcome !== 'entered') throw new Error('expected to enter');
    const { entry } = ann;
    const before = registry.watermark;
    await registry.revoke({ kind: 'token', subject: 'second token', reason: 'you ended it' });
    expect(() => entry.renew(renewed('ann'), before)).toThrow(/you ended it/);
    expect(registry.list()).toMatchObject([{ consentId: 'consent-of-ann' }]);
  });
});

function renewed(subject: string): Permit {
  return mintPermit({ ...permit(subject), consentId: 'second consent', tokenHash: 'second token' });
}
