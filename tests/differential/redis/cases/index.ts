import type { RedisVersion } from '../../../support/redis-program.ts';
import type { Theme } from '../../case.ts';
import type { RedisStep } from '../steps.ts';
import { allTypes } from './all-types.ts';
import { brokenBytes } from './broken-bytes.ts';
import { byVersion } from './by-version.ts';
import { code } from './code.ts';
import { collections } from './collections.ts';
import { connections } from './connections.ts';
import { errors, lines } from './errors.ts';
import { listening } from './listening.ts';
import { sortedSets } from './sorted-sets.ts';
import { streams } from './streams.ts';
import { strings } from './strings.ts';
import { transactions } from './transactions.ts';
import { waiting } from './waiting.ts';

/** All that is said on both ways. */
export function themesOf(version: RedisVersion): readonly Theme<RedisStep>[] {
  return [...themes, byVersion(version)];
}

const themes: readonly Theme<RedisStep>[] = [
  strings,
  collections,
  sortedSets,
  streams,
  transactions,
  code,
  waiting,
  listening,
  connections,
  errors,
  lines,
  brokenBytes,
  allTypes,
];
