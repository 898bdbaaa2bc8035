import type { Database } from '../../core/index.ts';
import { openWire } from '../framing/index.ts';
import { ask } from './ask.ts';
import { commandBytes } from './messages.ts';
import { parseError, parseFields } from './reply.ts';

/** Whom to ask where the primary is, and within what. */
export interface PrimaryQuestion {
  readonly database: Database;
  /** Milliseconds for all Sentinels together; each has an equal part, so that a silent one does not use up the time. */
  readonly withinMs: number;
  /** The request id for refusals. */
  readonly request: string;
}

/**
 * The database at the address that each of its Sentinels in turn says is the primary's (Redis Sentinel client
 * guidelines). A Sentinel may not have heard of a failover: whoever connects looks at the server's role, and asks on.
 * One that cannot be reached or that does not know the primary is passed over; how it failed is told to `failed`.
 */
export async function* primaries(
  { database, withinMs, request }: PrimaryQuestion,
  failed: (cause: unknown) => void,
): AsyncGenerator<Database> {
  const { primary, addresses } = database.sentinels ?? { primary: '', addresses: [] };
  const eachMs = withinMs / addresses.length;
  for (const address of addresses) {
    let found: Pick<Database, 'host' | 'port'> | undefined;
    try {
      found = await askSentinel({ ...database, ...address }, primary, eachMs, request);
    } catch (thrown) {
      failed(thrown);
    }
    if (found !== undefined) yield { ...database, ...found };
  }
}

/** @throws Refusal, ServerBrokeProtocol, or an Error with the Sentinel's own words */
async function askSentinel(
  sentinel: Database,
  primary: string,
  withinMs: number,
  request: string,
): Promise<Pick<Database, 'host' | 'port'>> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), withinMs);
  try {
    const wire = await openWire({
      database: sentinel,
      signal: deadline.signal,
      request,
      startTls: async () => 'agreed',
    });
    try {
      const replies = await ask(wire, commandBytes('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primary), 1);
      if (replies === 'ended') throw new Error('the connection to the Sentinel ended');
      const [reply = Buffer.alloc(0)] = replies;
      const error = parseError(reply);
      if (error !== undefined) throw new Error(error);
      // Two texts, host and port; no array for a name that it does not watch.
      const [host, port] = [...(parseFields(reply) ?? [])][0] ?? [];
      if (host === undefined || !isPort(Number(port))) {
        throw new Error(`the Sentinel ${sentinel.host}:${sentinel.port} does not know ${primary}`);
      }
      return { host, port: Number(port) };
    } finally {
      wire.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port <= 65_535;
}
