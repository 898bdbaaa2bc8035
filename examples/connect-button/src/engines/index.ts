/**
 * engines: how each kind of database is opened with a person's token, read, and written to.
 *
 * Owns: the drivers and the meaning of their errors. Does not own: tokens (`@grantway/client` gives each driver a fresh
 * one whenever it connects), what becomes of the answers (`visit.ts`).
 *
 *   visit ─▶ engine.open(access) ─▶ driver ─▶ password? ─▶ client.password(holder) ─▶ the gateway ─▶ read · add · close
 */
import type { Engine } from './engine.ts';
import { mysql } from './mysql.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';
import { redshift } from './redshift.ts';

export type { Access, Engine, OpenDatabase, Table } from './engine.ts';

/** All that there are, in the order of the page. */
export const engines = { postgres, mysql, redshift, redis } as const satisfies Record<string, Engine>;
export type EngineName = keyof typeof engines;
export const engineNames = Object.keys(engines) as readonly EngineName[];
