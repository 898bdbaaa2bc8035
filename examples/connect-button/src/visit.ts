import { type Connection, type GrantwayClient, GrantwayError } from '@grantway/client';
import type { ConnectedPerson } from '@grantway/client/endpoints';
import type { Engine, OpenDatabase, Table } from './engines/index.ts';

/** What became of using a database as a person. */
export type Visit<Found> =
  | {
      readonly outcome: 'done';
      readonly found: Found;
      readonly connection: Connection;
      /** Wall-clock milliseconds. */
      readonly tokenEndsAt: number;
    }
  /** The database does not let this role do that; in its own words. */
  | { readonly outcome: 'forbidden'; readonly words: string; readonly connection: Connection }
  /** The person has ended our access, at the gateway or here: nobody else can give it back. */
  | { readonly outcome: 'needs-reconnect' | 'not-connected' }
  /** For now. */
  | { readonly outcome: 'failed'; readonly sentence: string };

/** Something to do with an open database. */
export type Errand<Found> = (database: OpenDatabase) => Promise<Found>;

export const readTable: Errand<Table> = (database) => database.read();
export const addSample: Errand<void> = (database) => database.add();

/** Runs errands as people. */
export interface Visitor {
  visit<Found>(engine: Engine, person: ConnectedPerson, errand: Errand<Found>): Promise<Visit<Found>>;
}

/** Every visit is a connection of its own: the gateway keeps the ones to the database, and a person's page is rare. */
export function createVisitor(client: GrantwayClient, ca: string | undefined): Visitor {
  /** Opens the database. A token that is refused is exchanged for another, once: it may have been revoked alone. */
  async function open(engine: Engine, { holder }: ConnectedPerson) {
    let given = await client.token(holder);
    for (let tries = 1; given.outcome === 'fresh'; tries++) {
      const { connection, expiresAt, accessToken } = given;
      try {
        const database = await engine.open({ client, holder, connection, ca });
        return { outcome: 'open', database, connection, expiresAt } as const;
      } catch (thrown) {
        if (tries === 2 || !engine.isSignInRefused(thrown)) throw thrown;
        given = await client.token(holder, accessToken);
      }
    }
    return given;
  }

  return {
    visit: async (engine, person, errand) => {
      try {
        const opened = await open(engine, person);
        if (opened.outcome !== 'open') return opened;
        const { database, connection, expiresAt } = opened;
        try {
          const found = await errand(database);
          return { outcome: 'done', found, connection, tokenEndsAt: expiresAt };
        } catch (thrown) {
          if (!engine.isForbidden(thrown) || !(thrown instanceof Error)) throw thrown;
          return { outcome: 'forbidden', words: thrown.message, connection };
        } finally {
          await database.close();
        }
      } catch (thrown) {
        if (thrown instanceof GrantwayError && thrown.code === 'needs_reconnect')
          return { outcome: 'needs-reconnect' };
        console.error(thrown);
        return { outcome: 'failed', sentence: sentenceFor(engine, thrown) };
      }
    },
  };
}

function sentenceFor(engine: Engine, thrown: unknown): string {
  // Why the gateway lets somebody in no more it says itself, to whoever renews a token and to whoever connects.
  const refused =
    thrown instanceof GrantwayError ? thrown.code === 'refused' : engine.isSignInRefused(thrown);
  if (refused && thrown instanceof Error) return thrown.message;
  return thrown instanceof GrantwayError
    ? 'The gateway cannot be reached at the moment. Load this page again in a minute.'
    : 'The database cannot be reached at the moment. Load this page again in a minute.';
}
