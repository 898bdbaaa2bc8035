import type { Checked } from '../talking-session.ts';
import { Violation } from '../violation.ts';

/** A command, and the replies that it gets. */
export interface Exchange extends Checked<readonly string[]> {
  readonly args: readonly string[];
  /** How many replies and pushes come: one for nearly every command. */
  readonly replies: number;
}

/** A command with known replies, in order; a pattern stands for what the server words itself. */
export function exchange(args: readonly string[], ...wanted: readonly (string | RegExp)[]): Exchange {
  return {
    args,
    replies: wanted.length,
    check: (replies) => {
      const same = wanted.every((one, index) => matches(one, replies[index] ?? ''));
      if (!same) {
        throw new Violation(
          `${args.join(' ').slice(0, 200)}: got ${shown(replies)}, not ${shown(wanted.map(String))}`,
        );
      }
    },
  };
}

/** The same, when the replies may come in any order. */
export function exchangeInAnyOrder(args: readonly string[], ...wanted: readonly string[]): Exchange {
  const sorted = exchange(args, ...wanted.toSorted());
  return { ...sorted, check: (replies) => sorted.check(replies.toSorted()) };
}

function matches(wanted: string | RegExp, given: string): boolean {
  return typeof wanted === 'string' ? wanted === given : wanted.test(given);
}

function shown(replies: readonly string[]): string {
  return JSON.stringify(replies).slice(0, 1_000);
}

/** Replies in their form on the wire; `protocol` where the two versions differ. */
export const ok = '+OK\r\n';
export const queued = '+QUEUED\r\n';
export const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
export const integer = (number: number) => `:${number}\r\n`;
export const array = (...elements: readonly string[]) => `*${elements.length}\r\n${elements.join('')}`;
export const noArray = (protocol: 2 | 3) => (protocol === 2 ? '*-1\r\n' : '_\r\n');
export const nothing = (protocol: 2 | 3) => (protocol === 2 ? '$-1\r\n' : '_\r\n');
/** `pairs` are names and values in turn. */
export const map = (protocol: 2 | 3, ...pairs: readonly string[]) =>
  protocol === 2 ? array(...pairs) : `%${pairs.length / 2}\r\n${pairs.join('')}`;
export const push = (protocol: 2 | 3, ...elements: readonly string[]) =>
  protocol === 2 ? array(...elements) : `>${elements.length}\r\n${elements.join('')}`;
