import { query } from '../../support/postgres-messages.ts';
import { exchange } from './exchange.ts';
import type { Ask } from './reads.ts';

/** The channel that a session which leaves in disorder listens to. */
export const leftChannel = 'left_behind';

/** A setting that only this session has. */
export const setMarker: Ask = (session) => {
  session.marker = session.word();
  return [exchange([query(`SET oracle.marker = '${session.marker}'`)], { types: 'C', tags: ['SET'] })];
};

/** It is still what it was. */
export const readMarker: Ask = (session) => [
  exchange([query("SELECT coalesce(current_setting('oracle.marker', true), '')")], {
    types: 'TDC',
    rows: [[session.marker]],
    tags: ['SELECT 1'],
  }),
];

/** A notification to oneself, which nobody else hears. */
export const notifySelf: Ask = (session) => {
  const word = session.word();
  const channel = `c_${word.toLowerCase()}`;
  return [
    exchange([query(`LISTEN ${channel}`)], { types: 'C', tags: ['LISTEN'] }),
    exchange([query(`NOTIFY ${channel}, '${word}'`)], {
      types: 'CA',
      tags: ['NOTIFY'],
      notifications: [`${channel} ${word}`],
    }),
    exchange([query(`UNLISTEN ${channel}`)], { types: 'C', tags: ['UNLISTEN'] }),
  ];
};

/** A notification that only a connection which remembers its last user would hear. */
export const notifyNobody: Ask = (session) => [
  exchange([query(`NOTIFY ${leftChannel}, '${session.word()}'`)], { types: 'C', tags: ['NOTIFY'] }),
];
