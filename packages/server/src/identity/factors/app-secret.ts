import { generateSecret, generateURI, verifySync } from 'otplib';
import { Secret } from '../../core/index.ts';

/** What an app is given once, when it is set up. */
export interface NewApp {
  /** In base32, for typing; 160 bits (RFC 4226, section 4). */
  readonly key: Secret;
  /** The same as `otpauth:` URI, for a QR code. */
  readonly uri: Secret;
}

/** A key for an app; `key` shows the one of before again. */
export function newApp(issuer: string, person: string, key = new Secret(generateSecret())): NewApp {
  const uri = generateURI({ issuer: new URL(issuer).host, label: person, secret: key.reveal() });
  return { key, uri: new Secret(uri) };
}

const stepSeconds = 30;

/**
 * The time step (RFC 6238, section 4.2) that a code belongs to: the present one or one of its neighbours, since clocks
 * differ and typing takes time. Undefined for a wrong code. Blanks in it are how apps show it, and mean nothing.
 */
export function stepOfCode(key: Secret, code: Secret, nowMs: number): number | undefined {
  const token = code.reveal().replace(/\s/g, '');
  if (!/^\d{6}$/.test(token)) return undefined;
  const result = verifySync({
    secret: key.reveal(),
    token,
    epoch: Math.floor(nowMs / 1000),
    epochTolerance: stepSeconds,
  });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}
