import { z } from 'zod';
import type { RegisteredClient } from '../store/index.ts';
import { ownMetadata } from './client-metadata.ts';

/** What we ask of a client's registration. What else is in it is for the library alone, which checked all of it. */
export interface ClientFacts {
  /** What pages and records call it: its id where it gave no name. */
  readonly name: string;
  /** Whether it runs on people's machines (OpenID Connect Registration, section 2). */
  readonly native: boolean;
  /** How it proves itself at the token endpoint. `other`: by a certificate, say. */
  readonly authentication: 'none' | 'secret' | 'other';
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly string[];
  /** What it may ask for; empty: anything. */
  readonly scopes: readonly string[];
}

const texts = z.array(z.string()).catch([]);
const shape = z.object({
  client_name: z.string().catch(''),
  application_type: z.string().catch('web'),
  token_endpoint_auth_method: z.string().catch(''),
  redirect_uris: texts,
  grant_types: texts,
  [ownMetadata.scope]: z.string().catch(''),
});

/** Reads a registration (RFC 7591, section 2) as it lies in the store. */
export function clientFacts({ id, metadata }: Pick<RegisteredClient, 'id' | 'metadata'>): ClientFacts {
  const read = shape.parse(metadata);
  return {
    name: read.client_name || id,
    native: read.application_type === 'native',
    authentication: authenticationBy(read.token_endpoint_auth_method),
    redirectUris: read.redirect_uris,
    grantTypes: read.grant_types,
    scopes: read[ownMetadata.scope].split(' ').filter(Boolean),
  };
}

function authenticationBy(method: string): ClientFacts['authentication'] {
  if (method === 'none') return 'none';
  return method.startsWith('client_secret_') ? 'secret' : 'other';
}
