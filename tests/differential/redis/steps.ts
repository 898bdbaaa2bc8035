/**
 * One act of a case. Clients connect and sign in by themselves when they are first named: `limited` and what begins
 * so as the user with few rights, all others as the one who may do everything.
 */
export type RedisStep =
  /** Writes all bytes at once, and reads so many replies and pushes, or everything until the connection ends. */
  | {
      readonly kind: 'say';
      readonly on: string;
      readonly bytes: string;
      readonly replies: number | 'closed';
      readonly varying: Varying;
    }
  /** The administrator does this, past Grantway. */
  | { readonly kind: 'administrator'; readonly command: Words }
  /** Waits until so many clients of the server are blocked. */
  | { readonly kind: 'blocked'; readonly clients: number }
  /** Waits until a script keeps the server from everything else. */
  | { readonly kind: 'busy' };

/** Words with blanks between them, or one by one. One character is one byte; `$user` and `$password` are filled in. */
export type Words = string | readonly string[];

/** What of a reply may differ between two runs. */
export type Varying = 'nothing' | 'numbers' | 'hello' | 'client info';

export interface SayOptions {
  /** Which client; `main` unless said. */
  readonly on?: string;
  /** As many as commands, unless said. */
  readonly replies?: number | 'closed';
  readonly varying?: Varying;
}

/** Commands in one write. */
export function pipeline(commands: readonly Words[], options: SayOptions = {}): RedisStep {
  const bytes = commands.map((words) => encoded(words)).join('');
  return raw(bytes, { replies: commands.length, ...options });
}

/** One command. */
export function say(command: Words, options?: SayOptions): RedisStep {
  return pipeline([command], options);
}

/** Commands, each sent when the one before was answered. */
export function each(...commands: readonly Words[]): readonly RedisStep[] {
  return commands.map((command) => say(command));
}

/** Any bytes. */
export function raw(
  bytes: string,
  { on = 'main', replies = 1, varying = 'nothing' }: SayOptions = {},
): RedisStep {
  return { kind: 'say', on, bytes, replies, varying };
}

/** Reads what comes without having been asked for now. */
export function hear(replies: number | 'closed', on = 'main'): RedisStep {
  return raw('', { on, replies });
}

export function administrator(command: Words): RedisStep {
  return { kind: 'administrator', command };
}

export function blocked(clients: number): RedisStep {
  return { kind: 'blocked', clients };
}

export const busy: RedisStep = { kind: 'busy' };

/** The words of a command. */
export function wordsOf(words: Words): readonly string[] {
  return typeof words === 'string' ? words.split(' ') : words;
}

function encoded(words: Words): string {
  const all = wordsOf(words);
  const args = all.map((word) => (word in credentials ? word : `$${word.length}\r\n${word}\r\n`));
  return `*${all.length}\r\n${args.join('')}`;
}

/** Their lengths differ, so that they are filled in with their headers. */
export const credentials: Readonly<Record<string, 'user' | 'password'>> = {
  $user: 'user',
  $password: 'password',
};
