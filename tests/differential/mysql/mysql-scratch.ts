import type { Connection } from 'mysql2/promise';

const numbers = Array.from({ length: 20 }, (_, n) => `(${n + 1}, 'word ${n + 1}', ${(n + 1) / 2})`);

/** What every case finds in the database `app`. */
const rebuild: readonly string[] = [
  'DROP DATABASE IF EXISTS app',
  'CREATE DATABASE app',
  'CREATE TABLE app.numbers (n INT PRIMARY KEY, word VARCHAR(40) NOT NULL, half DECIMAL(10,2))',
  `CREATE TABLE app.notes (
    id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(100) NOT NULL UNIQUE, body LONGTEXT,
    stars INT CHECK (stars BETWEEN 0 AND 5), number INT, FOREIGN KEY (number) REFERENCES numbers (n)
  )`,
  `INSERT INTO app.numbers VALUES ${numbers.join(', ')}`,
];

/** The same, when only rows have changed. */
const refill: readonly string[] = [
  'DELETE FROM app.notes',
  'DELETE FROM app.numbers',
  `INSERT INTO app.numbers VALUES ${numbers.join(', ')}`,
  'ALTER TABLE app.notes AUTO_INCREMENT = 1',
];

const shape: readonly string[] = [
  "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'app' ORDER BY 1",
  "SELECT table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = 'app' ORDER BY 1, 2",
  "SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'app'",
  'SHOW TRIGGERS FROM app',
];
const content: readonly string[] = ['SHOW CREATE TABLE app.notes', 'CHECKSUM TABLE app.notes, app.numbers'];

/**
 * The database that cases may change. Changing tables costs these servers a tenth of a second, so it is put back only
 * as far as it was changed.
 */
export class MysqlScratch {
  readonly #administrator: Connection;
  #shape = '';
  #content = '';

  private constructor(administrator: Connection) {
    this.#administrator = administrator;
  }

  static async make(administrator: Connection): Promise<MysqlScratch> {
    const scratch = new MysqlScratch(administrator);
    await scratch.#run(rebuild);
    scratch.#shape = await scratch.#state(shape);
    scratch.#content = await scratch.#state(content);
    return scratch;
  }

  /** Puts back what a case has changed. */
  async restore(): Promise<void> {
    const sameShape = (await this.#state(shape)) === this.#shape;
    if (!sameShape) return await this.#run(rebuild);
    if ((await this.#state(content)) !== this.#content) await this.#run(refill);
  }

  async #run(statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.#administrator.query(statement);
  }

  async #state(questions: readonly string[]): Promise<string> {
    const answers: unknown[] = [];
    for (const question of questions) answers.push((await this.#administrator.query(question))[0]);
    return JSON.stringify(answers);
  }
}
