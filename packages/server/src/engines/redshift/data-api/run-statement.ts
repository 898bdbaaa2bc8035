import { setTimeout as delay } from 'node:timers/promises';
import type { ColumnMetadata, Field, RedshiftDataClient, SqlParameter } from '@aws-sdk/client-redshift-data';
import type { StatementTarget } from './statement-target.ts';

/** What a statement came to. */
export interface StatementOutcome {
  /** Absent for a statement without a result. */
  readonly columns?: readonly ColumnMetadata[];
  /** Page by page, as they are asked for. */
  readonly rows: AsyncGenerator<readonly Field[]>;
  /** Rows that were changed, where AWS says so. */
  readonly changed: number;
}

/** The database refused the statement, or somebody cancelled it. The message is the database's. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed';
  readonly outcome: 'refused' | 'cancelled';

  constructor(outcome: 'refused' | 'cancelled', message: string) {
    super(message);
    this.outcome = outcome;
  }
}

/** How long AWS may hold one question for the state of a statement, in seconds: less than a request may take. */
const holdSeconds = 2;
/** Between two questions, in milliseconds: from the first to what it grows to. */
const firstPauseMs = 20;
const longestPauseMs = 1_000;

/**
 * Runs one statement to its end and gives its result. When `signal` aborts it is cancelled, and nothing more is asked.
 * @throws StatementFailed; what the AWS SDK throws when a call fails; the reason of the signal
 */
export async function runStatement(
  client: RedshiftDataClient,
  target: StatementTarget,
  statement: { readonly sql: string; readonly parameters: readonly SqlParameter[] },
  signal: AbortSignal,
): Promise<StatementOutcome> {
  const { ExecuteStatementCommand } = await import('@aws-sdk/client-redshift-data');
  signal.throwIfAborted();
  // Not given the signal: a call that is cut may have started a statement whose id nobody knows.
  const { Id } = await client.send(
    new ExecuteStatementCommand({
      ...target,
      Sql: statement.sql,
      ...(statement.parameters.length === 0 ? {} : { Parameters: [...statement.parameters] }),
    }),
  );
  if (Id === undefined) throw new Error('AWS gave the statement no id');
  try {
    const { hasResult, changed } = await untilFinished(client, Id, signal);
    if (!hasResult) return { rows: noRows(), changed };
    const pages = resultPages(client, Id, signal);
    const first = await pages.next();
    if (first.done) return { rows: noRows(), changed };
    const { columns, records } = first.value;
    return { columns, rows: rowsOf(records, pages), changed };
  } catch (thrown) {
    if (signal.aborted) await cancel(client, Id);
    throw thrown;
  }
}

async function untilFinished(client: RedshiftDataClient, Id: string, signal: AbortSignal) {
  const { DescribeStatementCommand } = await import('@aws-sdk/client-redshift-data');
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const question = new DescribeStatementCommand({ Id, WaitTimeSeconds: holdSeconds });
    const {
      Status,
      HasResultSet,
      ResultRows,
      Error: message,
    } = await client.send(question, {
      abortSignal: signal,
    });
    switch (Status) {
      case 'FINISHED':
        return { hasResult: HasResultSet === true, changed: Math.max(0, ResultRows ?? 0) };
      case 'FAILED':
        throw new StatementFailed('refused', message ?? 'The statement failed.');
      case 'ABORTED':
        throw new StatementFailed('cancelled', message ?? 'The statement was cancelled.');
    }
    await delay(pause, undefined, { signal });
  }
}

interface Page {
  readonly columns: readonly ColumnMetadata[];
  readonly records: readonly (readonly Field[])[];
}

async function* resultPages(
  client: RedshiftDataClient,
  Id: string,
  signal: AbortSignal,
): AsyncGenerator<Page, undefined> {
  const { GetStatementResultCommand } = await import('@aws-sdk/client-redshift-data');
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new GetStatementResultCommand({ Id, ...(NextToken === undefined ? {} : { NextToken }) }),
      { abortSignal: signal },
    );
    yield { columns: page.ColumnMetadata ?? [], records: page.Records ?? [] };
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}

async function* rowsOf(
  first: Page['records'],
  more: AsyncGenerator<Page, undefined>,
): AsyncGenerator<readonly Field[]> {
  yield* first;
  for await (const { records } of more) yield* records;
}

async function* noRows(): AsyncGenerator<readonly Field[]> {}

/** It may have ended by itself; there is nobody left to tell when AWS does not take it. */
async function cancel(client: RedshiftDataClient, Id: string): Promise<void> {
  const { CancelStatementCommand } = await import('@aws-sdk/client-redshift-data');
  await client.send(new CancelStatementCommand({ Id })).catch(() => {});
}
