import { Refusal } from '../../core/index.ts';
import { quoted } from './startup-packet.ts';

/**
 * Splits the startup parameter `options` as the server does (`pg_split_opts`, `process_postgres_switches`): words
 * between white space, a backslash takes the next character as it is; then `-c name=value`, `-cname=value` or
 * `--name=value`, where a dash in the name stands for an underscore.
 *
 * @throws Refusal `feature_not_offered` for any other switch, `protocol_violation` for one without name or value
 */
export function parseStartupOptions(options: string): readonly (readonly [name: string, value: string])[] {
  const settings: (readonly [string, string])[] = [];
  const words = splitWords(options);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word.startsWith('--')) settings.push(assignment(word.slice(2)));
    else if (word === '-c') {
      at += 1;
      settings.push(assignment(words[at] ?? ''));
    } else if (word.startsWith('-c')) settings.push(assignment(word.slice(2)));
    else throw new Refusal('feature_not_offered', { what: `The startup option ${quoted(word)}` });
  }
  return settings;
}

function assignment(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) {
    throw new Refusal('protocol_violation', { what: 'a startup option needs the form name=value' });
  }
  return [text.slice(0, equals).replaceAll('-', '_'), text.slice(equals + 1)];
}

function splitWords(options: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let inWord = false;
  for (let at = 0; at < options.length; at += 1) {
    const character = options.charAt(at);
    if (isSpace(character)) {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
      continue;
    }
    inWord = true;
    if (character !== '\\') word += character;
    else {
      at += 1;
      word += options.charAt(at);
    }
  }
  if (inWord) words.push(word);
  return words;
}

/** White space of the C locale, which is what the server splits at. */
function isSpace(character: string): boolean {
  return ' \t\n\v\f\r'.includes(character);
}
