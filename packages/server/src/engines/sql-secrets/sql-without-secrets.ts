import { type SqlDialect, type SqlToken, sqlTokens } from './sql-tokens.ts';

/** What stands in the place of a secret string, as `Secret` prints itself. */
const shown = "'[secret]'";

/**
 * Words behind which a string is a secret: of roles and users, subscriptions, user mappings, replication, settings, and of
 * COPY and UNLOAD at Redshift. Part of a word is enough, as options are called `sslpassword` or `aws_secret_access_key`.
 */
const secretWord =
  /password|passwd|pwd$|passphrase|secret|credential|access_key|symmetric_key|private_key|api_key|(?:^|_)token$|sst_auth|conninfo|^connection$/i;
/** Something like it must be in a text that holds a secret. Short, since it is looked for in all of a text. */
const trace =
  /passw|pwd|passphrase|secret|credential|_key|token|sst_auth|conninfo|connection|identified|:\/\//i;
/** In a string, what says that it is a statement that gives a secret, or a part of one. */
const innerTrace =
  /passw|pwd|passphrase|secret|credential|_key|_token|sst_auth|conninfo|connection|identified/i;
/** After IDENTIFIED: BY 'x', WITH plugin BY 'x' or AS 'hash', VIA plugin USING 'hash', REPLACE 'the old one'. */
const beforeProof = /^(?:by|as|using|replace)$/i;
/** What may stand between such a word and its string. */
const between = /^(?:[=:>(]|to|as|by|_\w+)$/i;
/** Words that may follow PASSWORD or BY in a statement about a user, and are no password that lacks its quotes. */
const noPassword = /^(?:null|disable|random|password|expire|history|reuse|require|never|default)$/i;
/** Before PASSWORD: then that is the name of a role. */
const beforeName = /^(?:role|user|group|admin|member|members|to|for|,)$/i;
/**
 * A value with its name in the middle of a string, as in `host=h password=x`, `--token x` or an environment. Each part is
 * bounded, so that a long string takes no longer than its length.
 */
const namedValue =
  /((?:passw(?:or)?d|pwd|passphrase|secret|token|access_key)\w{0,40}\s{0,8}=\s{0,8}|--(?:password|passwd|secret|token)\s{1,8}|\s-u\s{0,8}[^\s:]{1,200}:)[^\s,;&'"]+/gi;
/** The password in the address of a server. */
const inAddress = /(:\/\/[^\s:/@]*:)[^\s/]+(?=@)/g;
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
      // A password without its quotes. The server takes no such statement, nor what stands behind it.
      if (reading.wantsPassword(token)) return written + text.slice(copied, token.start) + shown;
      if (token.kind === 'sign' && token.text === ';') reading = new StatementReading();
      else reading.read(token);
      continue;
    }
    lastClosed = token.closed;
    const { isSecret } = reading;
    reading.readLiteral();
    const instead = isSecret ? shown : withoutInner(text, token, reading, dialect, level);
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
 * What stands in place of a string that is no secret itself, and may hold one: a statement, a part of one (the strings
 * behind it may be its other parts), or an address. Undefined for the string as it is.
 */
function withoutInner(
  text: string,
  {
    start,
    end,
    contentStart,
    contentEnd,
    isDollarQuoted,
    hasEscapes,
  }: Extract<SqlToken, { kind: 'literal' }>,
  reading: StatementReading,
  dialect: SqlDialect,
  level: number,
): string | undefined {
  if (reading.isAboutRows) return undefined;
  const content = text.slice(contentStart, contentEnd);
  const quote = text[contentStart - 1] ?? '';
  // In dollar quotes it stands as it is; in others its own quotes are doubled or escaped.
  const single = isDollarQuoted ? content : content.replaceAll(quote + quote, quote);
  const clear = hasEscapes ? single.replaceAll(/\\(.)/gs, '$1') : single;
  let safe = clear;
  if (innerTrace.test(clear)) {
    reading.hideRest();
    // JSON has names in quotes of its own, and what is deeper than anybody needs is not looked at.
    if (/^\s*[[{]/.test(clear) || (level >= mostLevels && /['"$]/.test(clear))) return shown;
    if (level < mostLevels) safe = hidden(clear, dialect, level + 1);
  }
  safe = safe.replace(namedValue, '$1[secret]').replace(inAddress, '$1[secret]');
  if (safe === clear) return undefined;
  const written = isDollarQuoted ? safe : safe.replaceAll(quote, quote + quote);
  return text.slice(start, contentStart) + written + text.slice(contentEnd, end);
}

/** What is known of a statement at one of its tokens. */
class StatementReading {
  isAboutRows = false;
  #words = 0;
  #isAboutUsers = false;
  #before = '';
  #wantsPassword = false;
  #isAfterSecretWord = false;
  #isIdentified = false;
  #setsPassword = false;
  #hidesRest = false;

  /** Whether a string that stands here is a secret. */
  get isSecret(): boolean {
    return !this.isAboutRows && (this.#isAfterSecretWord || this.#hidesRest);
  }

  readLiteral(): void {
    this.#wantsPassword = false;
  }

  hideRest(): void {
    this.#hidesRest = true;
  }

  /** Whether this must be a password, in a statement about users, that lacks its quotes. */
  wantsPassword({ kind, text }: Extract<SqlToken, { kind: 'word' | 'sign' }>): boolean {
    return this.#wantsPassword && (kind === 'word' ? !noPassword.test(text) : /^\d/.test(text));
  }

  read({ kind, text }: Extract<SqlToken, { kind: 'word' | 'sign' }>): void {
    if (kind === 'word') this.#readWord(text);
    else this.#readSign(text);
    this.#before = text;
  }

  #readWord(text: string): void {
    this.#words += 1;
    if (this.#words === 1) this.isAboutRows = aboutRows.test(text);
    if (this.#words === 2 && /^(?:create|alter)$/i.test(this.#before))
      this.#isAboutUsers = /^(?:role|user|group)$/i.test(text);
    const isPassword = secretWord.test(text);
    // SET PASSWORD FOR 'somebody'@'somewhere' = 'x'
    if (isPassword && /^set$/i.test(this.#before)) this.#setsPassword = true;
    if (/^identified$/i.test(text)) this.#isIdentified = true;
    if (isPassword || (this.#isIdentified && beforeProof.test(text))) this.#isAfterSecretWord = true;
    else if (!between.test(text)) this.#isAfterSecretWord = false;
    const isBeforePassword =
      (/^password$/i.test(text) && !beforeName.test(this.#before)) ||
      (/^by$/i.test(text) && this.#isIdentified);
    this.#wantsPassword = this.#isAboutUsers && this.#words > 3 && isBeforePassword;
  }

  #readSign(text: string): void {
    if (text === '=' && this.#setsPassword) this.#hidesRest = true;
    if (!between.test(text)) this.#isAfterSecretWord = false;
    this.#wantsPassword = false;
  }
}
