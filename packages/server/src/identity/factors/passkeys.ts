import { isIP } from 'node:net';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { type Clock, hashSecret, newUuid } from '../../core/index.ts';
import type { Factor, Store } from '../../store/index.ts';

interface PasskeyParts {
  readonly store: Pick<Store, 'factors' | 'attempts'>;
  readonly clock: Clock;
  /** Origin of the pages. */
  readonly issuer: string;
}

/** What the page hands to the browser, as JSON, and the challenge in it, which comes back signed. */
export interface PasskeyQuestion {
  readonly options: string;
  readonly challenge: string;
}

/** Passkeys (WebAuthn Level 2): the browser signs a challenge of ours, for our address and no other. */
export interface Passkeys {
  /** Browsers bind passkeys to a name: a gateway that is known by an IP address has none. */
  readonly offered: boolean;
  askToMake(personId: string, displayName: string): Promise<PasskeyQuestion>;
  /** What a browser made for that challenge; undefined for whatever does not fit. */
  readMade(
    challenge: string,
    answer: string,
  ): Promise<(Factor['passkey'] & { readonly step: number }) | undefined>;
  add(
    personId: string,
    label: string,
    made: NonNullable<Factor['passkey']> & { readonly step: number },
  ): Promise<void>;
  /** Of these factors, or of any that the browser has. */
  askToProve(factors: readonly Factor[]): Promise<PasskeyQuestion>;
  /** Whose passkey signed the challenge, each challenge once; undefined for whatever does not fit. */
  prove(challenge: string, answer: string): Promise<string | undefined>;
}

const challengeMs = 10 * 60_000;

/** See {@link Passkeys}. The authenticator must have checked its user, so that a passkey is two factors in itself. */
export function passkeys({ store, clock, issuer }: PasskeyParts): Passkeys {
  const { hostname, origin } = new URL(issuer);
  const rp = { expectedOrigin: origin, expectedRPID: hostname, requireUserVerification: true } as const;

  async function isFirstUse(challenge: string): Promise<boolean> {
    const { count } = await store.attempts.add(`passkey challenge ${challenge}`, challengeMs, clock.now());
    return count === 1;
  }

  return {
    offered: isIP(hostname.replace(/^\[|\]$/g, '')) === 0,

    async askToMake(personId, displayName) {
      const known = await store.factors.list(personId);
      const options = await generateRegistrationOptions({
        rpName: 'Grantway',
        rpID: hostname,
        userName: displayName,
        userID: new Uint8Array(Buffer.from(hashSecret(personId))),
        attestationType: 'none',
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        excludeCredentials: known.flatMap(({ passkey }) => (passkey ? [{ id: passkey.credentialId }] : [])),
      });
      return { options: JSON.stringify(options), challenge: options.challenge };
    },

    async readMade(challenge, answer) {
      if (!(await isFirstUse(challenge))) return undefined;
      try {
        const response: RegistrationResponseJSON = JSON.parse(answer);
        const made = await verifyRegistrationResponse({ response, expectedChallenge: challenge, ...rp });
        if (!made.verified) return undefined;
        const { id, publicKey, counter } = made.registrationInfo.credential;
        return { credentialId: id, publicKey: Buffer.from(publicKey).toString('base64url'), step: counter };
      } catch {
        // The library throws for whatever does not fit, and so does the parser: a stranger sent it.
        return undefined;
      }
    },

    async add(personId, label, { step, ...passkey }) {
      await store.factors.add(
        { id: newUuid(), personId, kind: 'passkey', label, step, passkey },
        clock.now(),
      );
    },

    async askToProve(factors) {
      const options = await generateAuthenticationOptions({
        rpID: hostname,
        userVerification: 'required',
        allowCredentials: factors.flatMap(({ passkey }) => (passkey ? [{ id: passkey.credentialId }] : [])),
      });
      return { options: JSON.stringify(options), challenge: options.challenge };
    },

    async prove(challenge, answer) {
      if (!(await isFirstUse(challenge))) return undefined;
      const response = parsed(answer);
      const factor = response && (await store.factors.byCredential(response.id));
      if (response === undefined || factor?.passkey === undefined) return undefined;
      const { credentialId, publicKey } = factor.passkey;
      const credential = {
        id: credentialId,
        publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')),
        counter: factor.step,
      };
      try {
        const proof = await verifyAuthenticationResponse({
          response,
          expectedChallenge: challenge,
          credential,
          ...rp,
        });
        if (!proof.verified) return undefined;
        await store.factors.used(factor.id, proof.authenticationInfo.newCounter, clock.now());
        return factor.personId;
      } catch {
        return undefined;
      }
    },
  };
}

function parsed(answer: string): AuthenticationResponseJSON | undefined {
  try {
    const value = JSON.parse(answer);
    return typeof value?.id === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
