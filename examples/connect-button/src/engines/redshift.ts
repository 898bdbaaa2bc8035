import type { Engine } from './engine.ts';
import { postgres } from './postgres.ts';

/** Amazon Redshift: its own port of the gateway, otherwise as PostgreSQL. */
export const redshift: Engine = { ...postgres, title: 'Redshift' };
