/**
 * testing: an audit directory with a real store beside it, and a process to kill or to run out of disk
 * (`durable-loop.ts`, started by path), and lines without either.
 */
export { type AuditFixture, auditFixture, chain, collect, run, signingKey } from './audit-fixture.ts';
export { sealed } from './sealed.ts';
