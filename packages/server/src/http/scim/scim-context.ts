import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { ProvisioningConfig } from '../../config/index.ts';
import type { Secret } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import { createProvisioner, type Provisioner } from './provisioner.ts';
import type { ProvisionerParts } from './provisioning.ts';
import { ScimError } from './scim-error.ts';

/** Whoever may provision the people of one sign-in method. */
export interface ProvisioningClient extends Pick<ProvisioningConfig, 'method' | 'subject' | 'groupsInstead'> {
  /** Reads the bearer token that it must send; asked at each request, so that a new one is taken up. */
  readonly secret: () => Promise<Secret>;
}

/** What provisioning is served with. */
export interface ScimOptions extends ProvisionerParts {
  readonly issuer: string;
  readonly clients: readonly ProvisioningClient[];
}

/** What the routes of one request work on. */
export interface ScimContext {
  readonly issuer: string;
  readonly provisioning: Store['provisioning'];
  /** Whose people the caller may write. @throws ScimError 401 */
  caller(request: FastifyRequest): Promise<Caller>;
}

interface Caller {
  readonly method: string;
  readonly provisioner: Provisioner;
}

/** One provisioner for each client, found by the bearer token of the request. */
export function scimContext({ issuer, clients, store, audit, clock }: ScimOptions): ScimContext {
  const known = clients.map(({ secret, ...whose }) => ({
    method: whose.method,
    secret,
    provisioner: createProvisioner({ ...whose, store, audit, clock }),
  }));
  return {
    issuer,
    provisioning: store.provisioning,
    async caller(request) {
      const [, given] = /^Bearer +(\S{1,4096})$/i.exec(request.headers.authorization ?? '') ?? [];
      for (const { method, secret, provisioner } of known) {
        const expected = (await secret()).reveal();
        if (given !== undefined && expected !== '' && isSame(given, expected)) return { method, provisioner };
      }
      throw new ScimError(401, 'The bearer token is missing or not right.');
    },
  };
}

/** Both are hashed first, so that neither length nor content shows in the time. */
function isSame(given: string, secret: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(secret));
}
