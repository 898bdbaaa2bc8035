import type { Words } from './steps.ts';

/** Where Grantway answers otherwise than the server, on purpose. Each `what` stands in `docs/redis.md`. */
export interface DeliberateDifference {
  readonly what: string;
  readonly reason: string;
  /** A command, or raw bytes. */
  readonly sent: { readonly command: Words } | { readonly bytes: string };
  /** How the reply begins; after `closed` the connection is over. */
  readonly reply: string;
  readonly afterwards: 'goes on' | 'closed';
}

const refused = (what: string, reason: string, command: Words = what): DeliberateDifference => ({
  what,
  reason,
  sent: { command },
  reply: '-NOPERM ',
  afterwards: 'goes on',
});

const broken = (what: string, reason: string, bytes: string, words: string): DeliberateDifference => ({
  what,
  reason,
  sent: { bytes },
  reply: `-ERR Protocol error: ${words}`,
  afterwards: 'closed',
});

export const deliberateDifferences: readonly DeliberateDifference[] = [
  ...['CLIENT REPLY OFF', 'CLIENT REPLY ON', 'CLIENT REPLY SKIP'].map((command) =>
    refused('CLIENT REPLY', 'nobody could tell any more what answers what', command),
  ),
  refused('MONITOR', 'shows what everybody does'),
  refused('SYNC', 'shows all data', 'SYNC'),
  refused('PSYNC', 'shows all data', 'PSYNC ? -1'),
  refused('REPLCONF', 'is for replicas', 'REPLCONF listening-port 1'),
  refused('CLIENT LIST', 'shows other clients'),
  refused('CLIENT KILL', 'ends other clients', 'CLIENT KILL TYPE normal'),
  refused('CLIENT PAUSE', 'stops other clients', 'CLIENT PAUSE 1'),
  refused('CLIENT UNBLOCK', 'wakes other clients', 'CLIENT UNBLOCK 1'),
  refused('CLIENT NO-EVICT', 'spares a client when memory is short', 'CLIENT NO-EVICT ON'),
  refused('SELECT', 'the access is for one database', 'SELECT 1'),
  refused('COPY', 'the access is for one database', 'COPY a b DB 1'),
  refused('SORT', 'reads keys that no rule sees', 'SORT l BY w_*'),
  refused('SORT', 'reads keys that no rule sees', 'SORT l GET w_*'),
  refused('CLIENT TRACKING', 'sends to another connection', 'CLIENT TRACKING ON REDIRECT 1'),
  refused('ACL', 'rights are the administrator’s', 'ACL LIST'),
  refused('CLUSTER', 'shows addresses of servers', 'CLUSTER NODES'),
  refused('MEMORY', 'is about the server', 'MEMORY DOCTOR'),
  {
    what: 'AUTH',
    reason: 'a password of the server is no token',
    sent: { command: 'AUTH default x' },
    reply: '-WRONGPASS ',
    afterwards: 'goes on',
  },
  {
    what: 'HELLO',
    reason: 'a password of the server is no token',
    sent: { command: 'HELLO 3 AUTH default x' },
    reply: '-WRONGPASS ',
    afterwards: 'goes on',
  },
  {
    what: 'a pattern of more than 1024 bytes',
    reason: 'long ones have crashed servers (CVE-2024-31228)',
    sent: { command: ['SCAN', '0', 'MATCH', '*'.repeat(1_025)] },
    reply: '-ERR A pattern has at most 1024 bytes here.',
    afterwards: 'goes on',
  },
  {
    what: 'a NUL in a command’s name',
    reason: 'a server may take it for another command',
    sent: { command: ['GET\0x', 'k'] },
    reply: '-ERR unknown command',
    afterwards: 'goes on',
  },
  broken(
    'a count or length of more than 15 digits',
    'none is as long; a server waits for 64 KiB',
    `*${'1'.repeat(30)}`,
    'invalid multibulk length',
  ),
  broken(
    'a header that does not end with CR LF',
    'servers skip the second byte unseen',
    '*1\rx$4\r\nPING\r\n',
    'invalid multibulk length',
  ),
  broken(
    'an argument that does not end with CR LF',
    'servers skip two bytes unseen',
    '*1\r\n$4\r\nPINGxx',
    'an argument has no end',
  ),
  broken(
    'a line of words with a NUL',
    'servers wait for another end of the line',
    'PING\0\r\n',
    'unbalanced quotes in request',
  ),
  broken(
    'a letter behind a closing quote',
    'Redis refuses it, Valkey 9 does not',
    'ECHO "a"b\r\n',
    'unbalanced quotes in request',
  ),
  {
    what: 'the byte 255',
    reason: 'Redis keeps it, Valkey 9 loses it',
    sent: { bytes: 'ECHO \xff\r\n' },
    reply: '$1\r\n\xff\r\n',
    afterwards: 'goes on',
  },
];
