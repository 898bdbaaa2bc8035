import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeywordWatch, type Readings } from './keyword-watch.ts';

const usual: Readings = { backslash: 'escape', ansiQuotes: false, wideCharacters: false };

function found(text: string | Buffer, readings: Partial<Readings> = {}, pieceBytes = Infinity): boolean {
  const bytes = Buffer.from(text as string);
  const watch = new KeywordWatch({ ...usual, ...readings });
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    watch.feed(bytes, at, Math.min(at + pieceBytes, bytes.length));
  }
  watch.end();
  return watch.found;
}

const seen: readonly (readonly [text: string, readings?: Partial<Readings>])[] = [
  ['kill'],
  ['x;KILL'],
  ["''KILL"],
  ['/**/KILL'],
  ['/***/KILL'],
  ['/*!KILL*/'],
  ['/*!050700KILL*/'],
  ['/*+ `*/` */ KILL'],
  ['--KILL'],
  ['--\u0001\nKILL'],
  ['# a\nKILL'],
  ["$$ ' $$; KILL"],
  ["$tag$ ' $tag$; KILL"],
  ["'\\\\'KILL"],
  ["'\\'KILL", { backslash: 'character' }],
  ["'\\'KILL", { backslash: 'either' }],
  ['"\\"KILL', { ansiQuotes: true }],
  ["PREPARE a FROM 'KILL'"],
  ["execute immediate '\\tkill 5'"],
];
test.for(seen)('a KILL is seen in %s', ([text, readings]) => {
  expect(found(text, readings)).toBe(true);
  for (const size of [1, 2, 3]) expect(found(text, readings, size)).toBe(true);
});

const unseen: readonly (readonly [text: string, readings?: Partial<Readings>])[] = [
  ['SKILL KILLS KILL_5 KILL$ $KILL _KILL 5KILL'],
  ['\'KILL\' "KILL" `KILL`'],
  ['\'a\'\'; KILL\' "a""; KILL" `a``; KILL`'],
  ['/* KILL */ -- KILL\n# KILL'],
  ['/* /* KILL */'],
  ['t.KILL @KILL'],
  ["'\\'; KILL'"],
  ["'\\'; KILL'", { ansiQuotes: true }],
  ['"\\"; KILL"'],
  ["'é\\'; KILL'"],
  ["PREPARE a FROM 'SELECT skill'"],
  ["INSERT INTO prepare_kill VALUES ('KILL')"],
];
test.for(unseen)('no KILL is seen in %s', ([text, readings]) => {
  expect(found(text, readings)).toBe(false);
});

test('a character of two bytes may end with a backslash or a backtick', () => {
  const text = Buffer.from("SELECT 'a\\'b', '\xbf\\'; KILL 5; -- '", 'latin1');
  expect(found(text)).toBe(false);
  expect(found(text, { wideCharacters: true })).toBe(true);
  const named = Buffer.from('SELECT `\xbf`; KILL 5; -- `', 'latin1');
  expect(found(named, { wideCharacters: true })).toBe(true);
});

/** Pieces that hide what is in them, whatever that is. */
const hidden = fc.string({ unit: fc.constantFrom('K', 'kill ', ';', '-', ' ', '/', '!', 'é', '\n') });
const pieces = fc.oneof(
  hidden.map((text) => `'${text}'`),
  hidden.map((text) => `"${text}"`),
  hidden.map((text) => `\`${text}\``),
  hidden.map((text) => `'\\'${text}\\\\'`),
  hidden.map((text) => `/* ${text} */`),
  hidden.map((text) => `-- ${text.replaceAll('\n', ' ')}\n`),
  hidden.map((text) => `#${text.replaceAll('\n', ' ')}\n`),
  fc.constantFrom(' SELECT ', ' a.kill ', ' @kill ', '; ', ' skill ', ' 5 ', '(', ')'),
);
const texts = fc.array(pieces).map((all) => all.join(' '));

test('whatever stands before and behind, exactly a KILL of its own is seen', () => {
  fc.assert(
    fc.property(texts, texts, (before, behind) => {
      expect(found(`${before} ${behind}`)).toBe(false);
      expect(found(`${before} KILL 5 ${behind}`)).toBe(true);
      expect(found(`${before} /*!50000KILL 5*/ ${behind}`)).toBe(true);
      expect(found(`${before} KILL 5 ${behind}`, { backslash: 'either', ansiQuotes: true })).toBe(true);
    }),
  );
});
