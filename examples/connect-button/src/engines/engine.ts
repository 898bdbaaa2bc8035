import type { Connection, GrantwayClient, Holder } from '@grantway/client';

/** What it takes to open a database as one person. */
export interface Access {
  readonly client: GrantwayClient;
  readonly holder: Holder;
  /** Where to connect and as what: the gateway said so together with the token. */
  readonly connection: Connection;
  /** The authority of the gateway's certificate, PEM. Undefined: the system's authorities. */
  readonly ca: string | undefined;
}

/** Rows, or whatever the database has instead. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** A connection of one person. */
export interface OpenDatabase {
  read(): Promise<Table>;
  /** Adds a sample. The database decides whether this person may. */
  add(): Promise<void>;
  close(): Promise<void>;
}

/** One kind of database, and how its errors are to be read. */
export interface Engine {
  readonly title: string;
  /** What {@link Table} lists. */
  readonly things: 'rows' | 'keys';
  /** What {@link OpenDatabase.add} adds. */
  readonly thing: 'row' | 'key';
  open(access: Access): Promise<OpenDatabase>;
  /** Whether the token was refused: it may have been revoked, or be over. */
  isSignInRefused(thrown: unknown): boolean;
  /** Whether the database says that this role may not do this. */
  isForbidden(thrown: unknown): boolean;
}

/** The most that a page lists. */
export const longestTable = 20;

/** How long connecting may take, and each statement, in milliseconds: a person waits for the page. */
export const patienceMs = 10_000;
