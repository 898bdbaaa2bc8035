import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Refusal } from '../core/index.ts';
import type { Accepted, FinishedStatement, Relay, RelayEnd, StatementObserver, Upstream } from './engine.ts';

/** A listener that runs accept → connect → welcome → relay of the engine, and keeps what came of it. */
export interface ConformanceDoor {
  readonly port: number;
  readonly accepted: readonly Accepted[];
  readonly statements: readonly FinishedStatement[];
  readonly ends: readonly RelayEnd[];
  readonly relays: readonly Relay[];
  readonly upstreams: readonly Upstream[];
  /** Resolves when no session runs. */
  settled(): Promise<void>;
}

/** A stock client that has signed in. */
export interface ConformanceClient {
  /** The first value of the answer as text. Rejects with the error that the client was told. */
  run(statement: string): Promise<string>;
  /** Leaves as a well-behaved client does. */
  leave(): Promise<void>;
  /** Drops the connection. */
  vanish(): void;
}

/** One engine in front of a real server. */
export interface EngineUnderTest {
  open(observer?: StatementObserver): Promise<ConformanceDoor>;
  signIn(door: ConformanceDoor): Promise<ConformanceClient>;
  /** Calls the engine's `connect` with an object that has all of a permit but was not minted. */
  connectWithForgedPermit(): Promise<Upstream>;
  /** In the engine's language. */
  readonly statements: {
    /** Answers `1`. */
    readonly one: string;
    readonly failing: string;
    /** Runs for a minute. */
    readonly slow: string;
    /** Leaves the session in a state that another session must not get. */
    readonly unfinished: string;
  };
  /** A server of this protocol cannot be asked to cancel: what runs ends with its connection. */
  readonly cancelEndsConnection?: true;
  /** Resolves when the slow statement runs at the server, or does not any more. */
  slowIs(state: 'running' | 'over'): Promise<void>;
  /** Closes the doors that were opened. */
  closeDoors(): Promise<void>;
  stop(): Promise<void>;
}

/** What every engine promises to the gateway, whatever its protocol. Call it in a test file of the engine. */
export function engineConformance(start: () => Promise<EngineUnderTest>): void {
  let engine: EngineUnderTest;

  beforeAll(async () => {
    engine = await start();
  });
  afterEach(async () => {
    await engine.closeDoors();
  });
  afterAll(async () => {
    await engine.stop();
  });

  test('a statement is answered, and recorded once with its text', async () => {
    const door = await engine.open();
    const client = await engine.signIn(door);
    expect(await client.run(engine.statements.one)).toBe('1');
    await client.leave();
    await door.settled();
    expect(door.statements).toMatchObject([{ text: engine.statements.one, outcome: 'succeeded' }]);
    expect(door.relays[0]?.statements).toBe(1);
  });

  test('a statement that fails is recorded with the error code of the server', async () => {
    const door = await engine.open();
    const client = await engine.signIn(door);
    await expect(client.run(engine.statements.failing)).rejects.toThrow();
    await client.leave();
    await door.settled();
    expect(door.statements).toMatchObject([{ outcome: 'failed', errorCode: expect.stringMatching(/./) }]);
  });

  test('a client that leaves between statements leaves an idle connection', async () => {
    const door = await engine.open();
    const client = await engine.signIn(door);
    await client.run(engine.statements.one);
    await client.leave();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
  });

  test('a client that vanishes during a statement has it cancelled, and the connection is closed', async () => {
    const door = await engine.open();
    const client = await engine.signIn(door);
    const answer = client.run(engine.statements.slow).catch(() => 'lost');
    await engine.slowIs('running');
    client.vanish();
    expect(await answer).toBe('lost');
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
    expect(door.upstreams[0]?.closed).toBe(true);
    expect(door.statements).toMatchObject([{ text: engine.statements.slow, outcome: 'unfinished' }]);
    await engine.slowIs('over');
  });

  test('what a client leaves open makes the connection useless for others', async () => {
    const door = await engine.open();
    const client = await engine.signIn(door);
    await client.run(engine.statements.unfinished);
    await client.leave();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
  });

  test('cancel ends the running statement, and the session goes on', async () => {
    const door = await engine.open();
    const client = await engine.signIn(door);
    const answer = client.run(engine.statements.slow).catch(() => 'cancelled');
    await engine.slowIs('running');
    await door.upstreams[0]?.cancel();
    expect(await answer).toBe('cancelled');
    if (engine.cancelEndsConnection) {
      await door.settled();
      expect(door.ends).toEqual([{ cause: 'upstream_lost', idle: false }]);
      await engine.slowIs('over');
      return;
    }
    expect(await client.run(engine.statements.one)).toBe('1');
    await client.leave();
    await door.settled();
    expect(door.statements).toMatchObject([{ outcome: 'cancelled' }, { outcome: 'succeeded' }]);
  });

  test('a session that is stopped tells its client why, within the deadline', async () => {
    const door = await engine.open();
    const client = await engine.signIn(door);
    const answer = client.run(engine.statements.slow).then(String, String);
    await engine.slowIs('running');
    await door.relays[0]?.stop(new Refusal('access_revoked', { reason: 'a test' }), 1_500);
    expect(await answer).toContain('Your access was revoked: a test');
    expect(door.ends).toEqual([{ cause: 'stopped', idle: false }]);
    await engine.slowIs('over');
  });

  test('under a strict audit nothing runs before its record is durable', async () => {
    const order: string[] = [];
    const door = await engine.open({
      wantsParameters: false,
      admit: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        order.push('recorded');
      },
      finished: () => order.push('finished'),
    });
    const client = await engine.signIn(door);
    await client.run(engine.statements.one);
    order.push('answered');
    await client.leave();
    await door.settled();
    expect(order).toEqual(['recorded', 'finished', 'answered']);
  });

  test('an audit that cannot be written ends the session before the statement', async () => {
    const door = await engine.open({
      wantsParameters: false,
      admit: () => Promise.reject(new Refusal('audit_unavailable')),
      finished: () => {},
    });
    const client = await engine.signIn(door);
    await expect(client.run(engine.statements.one)).rejects.toThrow(/audit log cannot be written/);
    await door.settled();
    expect(door.ends).toMatchObject([{ cause: 'stopped' }]);
  });

  test('bytes of another protocol are refused, and no server is dialled for them', async () => {
    const door = await engine.open();
    const socket = connect(door.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.end('GET / HTTP/1.1\r\nHost: db.example\r\n\r\n');
    socket.resume();
    while (door.accepted.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await door.settled();
    expect(door.accepted).toMatchObject([{ kind: 'refused' }]);
    expect(door.upstreams).toEqual([]);
  });

  test('nothing is dialled without a permit of the policy', async () => {
    await expect(engine.connectWithForgedPermit()).rejects.toThrow(TypeError);
  });
}
