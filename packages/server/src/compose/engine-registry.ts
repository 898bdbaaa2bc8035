import type { EngineName, SecretSource } from '../core/index.ts';
import {
  type CommandDriver,
  type Engine,
  mysqlEngine,
  postgresEngine,
  type QueryDriver,
  type RoleManager,
} from '../engines/index.ts';
import { mysqlQueryDriver } from '../engines/mysql/query-driver.ts';
import { mysqlRoleManager } from '../engines/mysql/roles/index.ts';
import { postgresQueryDriver } from '../engines/postgres/query-driver.ts';
import { postgresRoleManager } from '../engines/postgres/roles/index.ts';
import { createRedisEngine, type RedisServices } from '../engines/redis/index.ts';
import { redisQueryDriver } from '../engines/redis/query-driver.ts';
import { createRedisRoleManager } from '../engines/redis/roles/index.ts';
import { redshiftEngine } from '../engines/redshift/index.ts';
import { redshiftRoleManager } from '../engines/redshift/roles/index.ts';

/** The engines that there are. A new one is a folder under `engines/` and a line in each of these. */
export function createEngines(services: RedisServices): Readonly<Partial<Record<EngineName, Engine>>> {
  return {
    postgres: postgresEngine,
    mysql: mysqlEngine,
    redis: createRedisEngine(services),
    redshift: redshiftEngine,
  };
}

/** What the HTTP door speaks to them with. */
export const drivers: Readonly<Partial<Record<EngineName, QueryDriver | CommandDriver>>> = {
  postgres: postgresQueryDriver,
  mysql: mysqlQueryDriver,
  redis: redisQueryDriver,
  redshift: postgresQueryDriver,
};
/** What makes their roles. */
export function createRoleManagers(
  secrets: SecretSource,
): Readonly<Partial<Record<EngineName, RoleManager>>> {
  return {
    postgres: postgresRoleManager,
    mysql: mysqlRoleManager,
    redis: createRedisRoleManager(secrets),
    redshift: redshiftRoleManager,
  };
}
