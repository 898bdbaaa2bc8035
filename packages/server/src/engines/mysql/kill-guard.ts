import { KeywordWatch, type Readings } from './keyword-watch.ts';
import { type KillStatement, parseKill } from './kill-statement.ts';
import { status } from './protocol.ts';

/** What a text means for other sessions. */
export type KillVerdict =
  | { readonly outcome: 'harmless' }
  | { readonly outcome: 'kill'; readonly kill: KillStatement }
  /** It may end sessions by numbers of the server's, which are those of other people too. */
  | { readonly outcome: 'foreign' };

/** Texts without any of these need no look: no word of them is KILL, and none changes how later texts are read. */
const worthALook = /kill|sql_mode|gbk|gb18030|big5|sjis|cp932/i;
const wideCharacterSet = /gbk|gb18030|big5|sjis|cp932/i;

/** What a session began with, as the server spells it. */
export interface SessionReading {
  /** Also the server's own, which a session gets by a reset or as its DEFAULT, without naming it. */
  readonly characterSets: readonly string[];
  readonly sqlMode: string;
}

/** What is known about the session when a text comes. */
export interface KnownStatus {
  /** The flags that the server said last. */
  readonly status: number;
  /** Whether nothing that was sent since can have changed them. */
  readonly statusCertain: boolean;
}

const harmless: KillVerdict = { outcome: 'harmless' };

/**
 * Keeps a session from ending those of other people who have the same login at the server. The server's own numbers are
 * theirs alike, so a KILL goes through only as a plain number, which the gateway then takes for one of its own.
 *
 * Texts that a server puts together by itself (`PREPARE s FROM CONCAT(…)`) are out of reach.
 */
export class KillGuard {
  #wideCharacters: boolean;
  #ansiQuotes: boolean;
  /** A text named `sql_mode`: what is in flight may change what a backslash means. */
  #modeNamed = false;

  constructor({ characterSets, sqlMode }: SessionReading) {
    this.#wideCharacters = characterSets.some((name) => wideCharacterSet.test(name));
    this.#ansiQuotes = /ansi_quotes/i.test(sqlMode);
  }

  /** Judges a whole text: as `text`, and as the bytes that it was read from. */
  judge(text: string, bytes: Buffer, start: number, end: number, known: KnownStatus): KillVerdict {
    if (!worthALook.test(text)) return harmless;
    this.#learn(text);
    const kill = parseKill(text);
    if (kill !== undefined) return { outcome: 'kill', kill };
    const watch = new KeywordWatch(this.#readings(text, known));
    watch.feed(bytes, start, end);
    watch.end();
    return watch.found ? { outcome: 'foreign' } : harmless;
  }

  /** Watches a text that comes in pieces, of which `text` is the first. */
  watch(text: string, known: KnownStatus): KeywordWatch {
    this.#learn(text);
    return new KeywordWatch(this.#readings(text, known));
  }

  #learn(text: string): void {
    this.#wideCharacters ||= wideCharacterSet.test(text);
    if (!/sql_mode/i.test(text)) return;
    this.#modeNamed = true;
    this.#ansiQuotes = true;
  }

  #readings(text: string, known: KnownStatus): Readings {
    const mayChange = /sql_mode/i.test(text) || (this.#modeNamed && !known.statusCertain);
    const isCharacter = (known.status & status.noBackslashEscapes) !== 0;
    return {
      backslash: mayChange ? 'either' : isCharacter ? 'character' : 'escape',
      ansiQuotes: this.#ansiQuotes,
      wideCharacters: this.#wideCharacters,
    };
  }
}
