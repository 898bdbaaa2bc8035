import type { Permit } from '../../core/index.ts';
import type { Engine, UpstreamLogin } from '../engine.ts';
import { accept } from './accept.ts';
import { connect } from './connect.ts';
import { relay } from './relay.ts';
import type { PostgresUpstream } from './upstream.ts';
import type { PostgresVariation } from './variation.ts';

/** An engine of this family. */
export interface PostgresEngine extends Engine {
  connect(permit: Permit, login: UpstreamLogin): Promise<PostgresUpstream>;
}

/** An engine that speaks PostgreSQL's protocol with these differences. */
export function createPostgresEngine(variation: PostgresVariation): PostgresEngine {
  const { name, traits } = variation;
  return {
    name,
    traits,
    accept: (socket, door) => accept(socket, door, variation.door),
    connect: (permit, login) => connect(permit, login, variation),
    relay,
  };
}
