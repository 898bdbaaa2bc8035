import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';

/**
 * Kysely's SQLite dialect over `node:sqlite`. It differs in what several processes on one file need: a transaction
 * takes the write lock at its start, because one that reads first and writes later fails when another process wrote
 * in between; and migrations run in such a transaction, which is their lock.
 */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #database: SqliteDatabase;

  constructor(database: DatabaseSync) {
    const shaped = betterSqliteShape(database);
    super({ database: shaped });
    this.#database = shaped;
  }

  override createDriver(): Driver {
    return new ImmediateDriver({ database: this.#database });
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }
}

class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Preparing costs several times what a look-up by key does, and the queries are a small fixed set. */
const preparedAtMost = 200;

/** `node:sqlite` in the shape of the `better-sqlite3` module, which Kysely's driver speaks. */
function betterSqliteShape(database: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const oldest = prepared.keys().next();
      if (prepared.size >= preparedAtMost && !oldest.done) prepared.delete(oldest.value);
      const statement = statementShape(database.prepare(sql));
      prepared.set(sql, statement);
      return statement;
    },
  };
}

function statementShape(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}
