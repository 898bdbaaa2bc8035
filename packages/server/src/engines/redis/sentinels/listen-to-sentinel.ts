import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { NodeAddress } from '../driver-connection.ts';
import { FailureStreak } from '../failure-streak.ts';
import { askForPrimary, askSentinel, openSentinel, type SentinelQuestion } from './ask-sentinel.ts';

const againMs = 1_000;
const channel = '+switch-master';

/** Whom to listen to, for what. */
export interface SentinelListening {
  readonly question: SentinelQuestion;
  readonly sentinel: NodeAddress;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The server at this address is the primary no more. */
  left(primary: NodeAddress): void;
  problem(message: string, cause: unknown): void;
}

/**
 * Listens to what one Sentinel says of failovers, again whenever the connection is lost, until the signal. What happened
 * in between shows when it names another primary than before. Never rejects.
 */
export async function listenToSentinel(listening: SentinelListening): Promise<void> {
  const { question, sentinel, signal, problem } = listening;
  const { name } = question.database;
  const streak = new FailureStreak((cause) =>
    problem(`the Sentinel ${sentinel.host}:${sentinel.port} of "${name}" cannot be listened to`, cause),
  );
  const heard: Heard = { primary: undefined };
  while (!signal.aborted) {
    try {
      await listenOnce(listening, heard, () => streak.succeeded());
    } catch (cause) {
      if (!signal.aborted) streak.failed(cause);
    }
    await delay(againMs, undefined, { ref: false, signal }).catch(() => {});
  }
}

/** Which server is the primary, by this Sentinel's own words. */
interface Heard {
  primary: NodeAddress | undefined;
}

/** Resolves when the connection is over. @throws when it cannot be had, or the Sentinel refuses to be listened to */
async function listenOnce(
  { question, sentinel, signal, left }: SentinelListening,
  heard: Heard,
  began: () => void,
): Promise<void> {
  const client = await openSentinel(question, sentinel);
  const stop = () => client.disconnect();
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) return;
    const over = ended(client);
    client.on('message', (_, text: string) => {
      const change = changeIn(text, question.database.sentinels?.primary);
      if (change === undefined) return;
      heard.primary = change.to;
      left(change.from);
    });
    await client.subscribe(channel);
    // On a connection of its own: who listens in RESP2 can ask nothing.
    const now = await askSentinel(question, sentinel, (asking) => askForPrimary(asking, question.database));
    const { primary: before } = heard;
    heard.primary = now;
    if (before !== undefined && (before.host !== now.host || before.port !== now.port)) left(before);
    began();
    await over;
  } finally {
    signal.removeEventListener('abort', stop);
    client.disconnect();
  }
}

function ended(client: Redis): Promise<void> {
  return new Promise((resolve) => client.once('end', () => resolve()));
}

/** `<name> <old host> <old port> <new host> <new port>`; of another name: undefined. */
function changeIn(
  text: string,
  watched: string | undefined,
): { readonly from: NodeAddress; readonly to: NodeAddress } | undefined {
  const [name, oldHost, oldPort, newHost, newPort] = text.split(' ');
  if (name !== watched || oldHost === undefined || newHost === undefined) return undefined;
  return {
    from: { host: oldHost, port: Number(oldPort) },
    to: { host: newHost, port: Number(newPort) },
  };
}
