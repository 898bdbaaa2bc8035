/**
 * The cases of the PostgreSQL protocol, a file for each theme. The schema `scratch` stands first in the search path;
 * `postgres-engine.ts` says what is in it.
 */
import type { Theme } from '../../case.ts';
import type { PostgresStep } from '../steps.ts';
import { copies } from './copies.ts';
import { cursors } from './cursors.ts';
import { errors } from './errors.ts';
import { extendedQueries } from './extended-queries.ts';
import { functionCalls } from './function-calls.ts';
import { largeValues } from './large-values.ts';
import { messagesBetween } from './messages-between.ts';
import { pipelines } from './pipelines.ts';
import { preparedStatements } from './prepared-statements.ts';
import { sessionEnds } from './session-ends.ts';
import { settings } from './settings.ts';
import { simpleQueries } from './simple-queries.ts';
import { transactions } from './transactions.ts';
import { values } from './values.ts';

/** All of them. */
export const themes: readonly Theme<PostgresStep>[] = [
  values,
  simpleQueries,
  extendedQueries,
  preparedStatements,
  cursors,
  pipelines,
  copies,
  errors,
  transactions,
  settings,
  messagesBetween,
  largeValues,
  functionCalls,
  sessionEnds,
];
