import { join } from 'node:path';

/**
 * bench/without-audit: a gateway whose audit forgets what it is told, to see what the audit costs.
 *
 * Owns: the stand-in of the audit, and how it gets into the process. Grantway has no switch for it and no seam either:
 * the module that opens the audit is another one in this process, because Node.js is told so on its command line.
 *
 *   node --import register.ts … serve     audit/open-audit.ts ─✕    forgetting-audit.ts
 */
export const withoutAudit: readonly string[] = ['--import', join(import.meta.dirname, 'register.ts')];

/** What such a gateway says on its stderr: without it the module was not replaced, and a column would not be true. */
export const saysWithoutAudit = /^this gateway keeps no audit$/m;
