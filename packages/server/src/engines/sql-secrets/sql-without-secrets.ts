import { type SqlDialect, type SqlToken, sqlTokens } from './sql-tokens.ts';

/** What stands in the place of a secret string, as `Secret` prints itself. */
const shown = "'[secret]'";

/**
 * Words behind which a string is a secret: of roles and users, subscriptions, user mappings, replication, and of COPY and
 * UNLOAD at Redshift. Part of a word is enough, as options are called `sslpassword` or `aws_secret_access_key`.
 */
const secretWord =
  /password|passwd|passphrase|secret|credential|access_key|symmetric_key|private_key|api_key|session_token|auth_token|conninfo|^connection$/i;
/** Something like it must be in a text that holds a secret. Short, since it is looked for in all of a text. */
const trace = /passw|passphrase|secret|credential|_key|_token|conninfo|connection|identified/i;
/** After IDENTIFIED: BY 'x', WITH plugin BY 'x' or AS 'hash', VIA plugin USING 'hash', REPLACE 'the old one'. */
const beforeProof = /^(?:by|as|using|replace)$/i;
/** What may stand between such a word and its string. */
const between = /^(?:[=:>(]|to|as|by|_\w+)$/i;
/** Statements that only handle rows: what is in them is data, and recorded as it is. */
const aboutRows = /^\s*(?:select|insert|update|delete|with|values|merge|replace|fetch|show)\b/i;

/** Strings with statements in strings with statements: nobody needs more, and each level goes through the text again. */
const mostLevels = 2;

/**
 * The text of one or more statements with `'[secret]'` for each password or key that stands in it; everything else as it
 * was sent. On the hot path: a text that begins like a query and has no second statement costs a look at its first word
 * and for a semicolon.
 */
export function sqlWithoutSecrets(text: string, dialect: SqlDialect): string {
  if (aboutRows.test(text)) {
    const semicolon = text.indexOf(';');
    if (semicolon === -1 || semicolon === text.length - 1) return text;
  }
  return trace.test(text) ? hidden(text, dialect, 0) : text;
}

function hidden(text: string, dialect: SqlDialect, level: number): string {
  let written = '';
  let copied = 0;
  let firstHidden: number | undefined;
  let lastClosed = true;
  let reading = new StatementReading();
  for (const token of sqlTokens(text, dialect)) {
    if (token.kind !== 'literal') {
      if (token.kind === 'sign' && token.text === ';') reading = new StatementReading();
      else reading.read(token);
      continue;
    }
    lastClosed = token.closed;
    const instead = reading.isSecret ? shown : builtStatement(text, token, reading, dialect, level);
    if (instead === undefined) continue;
    firstHidden ??= written.length + token.start - copied;
    written += text.slice(copied, token.start) + instead;
    copied = token.end;
  }
  // A string that never ends: the quotes were read in another way than the server reads them, and others with them.
  if (!lastClosed && firstHidden !== undefined) return written.slice(0, firstHidden) + shown;
  return written + text.slice(copied);
}

/**
 * What stands in place of a string that may be a statement itself, or a part of one; undefined for the string as it is.
 * The strings behind it may be its other parts.
 */
function builtStatement(
  text: string,
  { start, end, contentStart, contentEnd, isDollarQuoted }: Extract<SqlToken, { kind: 'literal' }>,
  reading: StatementReading,
  dialect: SqlDialect,
  level: number,
): string | undefined {
  const content = text.slice(contentStart, contentEnd);
  if (reading.isAboutRows || !trace.test(content)) return undefined;
  reading.hideRest();
  // In dollar quotes it stands as it is; in others its own strings have their quotes doubled or escaped.
  if (isDollarQuoted && level < mostLevels)
    return (
      text.slice(start, contentStart) + hidden(content, dialect, level + 1) + text.slice(contentEnd, end)
    );
  return /['"$]/.test(content) ? shown : undefined;
}

/** What is known of a statement at one of its tokens. */
class StatementReading {
  isAboutRows = false;
  #words = 0;
  #isAfterSecretWord = false;
  #isIdentified = false;
  #wasSet = false;
  #setsPassword = false;
  #hidesRest = false;

  /** Whether a string that stands here is a secret. */
  get isSecret(): boolean {
    return !this.isAboutRows && (this.#isAfterSecretWord || this.#hidesRest);
  }

  hideRest(): void {
    this.#hidesRest = true;
  }

  read({ kind, text }: Extract<SqlToken, { kind: 'word' | 'sign' }>): void {
    if (kind === 'word') this.#words += 1;
    if (kind === 'word' && this.#words === 1) this.isAboutRows = aboutRows.test(text);
    const isPassword = secretWord.test(text);
    // SET PASSWORD FOR 'somebody'@'somewhere' = 'x'
    if (isPassword && this.#wasSet) this.#setsPassword = true;
    if (text === '=' && this.#setsPassword) this.#hidesRest = true;
    this.#wasSet = /^set$/i.test(text);
    if (/^identified$/i.test(text)) this.#isIdentified = true;
    if (isPassword || (this.#isIdentified && beforeProof.test(text))) this.#isAfterSecretWord = true;
    else if (!between.test(text)) this.#isAfterSecretWord = false;
  }
}
