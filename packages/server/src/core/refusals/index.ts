/**
 * core/refusals: the one table of everything that Grantway refuses, and how each door says it.
 *
 * Owns: the stable codes, the sentence of each and its native errors; one file for each moment at which a refusal
 * can come, in the order of a connection's life. docs/reference/errors.md is made from it.
 * Does not own: the exception that carries a code to the door ({@link Refusal}), and how a door writes it.
 *
 *   accessRefusals ─▶ doorRefusals ─▶ upstreamRefusals ─▶ sessionRefusals        requestRefusals
 *   who are you       the first       the database        what ends one          one request over HTTP
 *                     messages        behind us           that was let in
 */
import { accessRefusals } from './access-refusals.ts';
import { doorRefusals } from './door-refusals.ts';
import type { RefusalRow } from './refusal-row.ts';
import { requestRefusals } from './request-refusals.ts';
import { sessionRefusals } from './session-refusals.ts';
import { upstreamRefusals } from './upstream-refusals.ts';

export type { NativeErrors } from './refusal-row.ts';

/** Every refusal by its code. */
export const refusals = {
  ...accessRefusals,
  ...doorRefusals,
  ...upstreamRefusals,
  ...sessionRefusals,
  ...requestRefusals,
  /** Anything that was thrown and is no refusal: a fault of ours. */
  internal: {
    sentence: 'Something went wrong on our side (request {request}).',
    native: { http: 500, oauth: 'server_error', sqlstate: 'XX000', mysql: 1105, redis: 'ERR' },
  },
} as const satisfies Record<string, RefusalRow>;
