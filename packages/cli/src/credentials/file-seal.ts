import { randomBytes } from 'node:crypto';
import { openKeyRing, openSealed, seal } from '@grantway/client/sealing';
import { Failure } from '../failure.ts';
import { openSystemKeyRing } from './system-key-ring.ts';

const keyId = 'system';

/** What becomes of a text that is to be kept. */
export type SealOutcome =
  | { readonly outcome: 'sealed'; readonly text: string }
  /** `off`: the person wants it so. `unavailable`: there is no key ring, or it does not let us in. */
  | { readonly outcome: 'off' | 'unavailable' };

/** The seal of one file. Its key lies in the person's key ring and nowhere else. */
export interface FileSeal {
  /** Seals with the key that is there, or with a new one. */
  seal(text: string): Promise<SealOutcome>;
  /** Opens what {@link FileSeal.seal} made; any other text is given back as it is. @throws Failure without its key */
  open(text: string): Promise<string>;
  /** Removes the key. What it sealed can never be read again. */
  forget(): Promise<void>;
}

/**
 * The seal of the file at `path`. The tokens themselves do not go into the key ring, because some hold no more than a
 * few kilobytes, and because a file can be changed by one process at a time.
 */
export function fileSeal(path: string, env: Readonly<Record<string, string | undefined>>): FileSeal {
  const purpose = ['command line', path];
  const keyRing = () => openSystemKeyRing(env, path);

  return {
    seal: async (text) => {
      const found = await keyRing();
      if (found.outcome === 'off') return { outcome: 'off' };
      if (found.outcome === 'absent') return { outcome: 'unavailable' };
      try {
        const kept = await found.keyRing.read();
        const key = kept ?? randomBytes(32).toString('base64');
        if (kept === undefined) await found.keyRing.write(key);
        const sealed = await seal(await ringOf(key), purpose, text);
        return { outcome: 'sealed', text: `${JSON.stringify({ version: 2, sealed }, null, 2)}\n` };
      } catch {
        return { outcome: 'unavailable' };
      }
    },
    open: async (text) => {
      const envelope = envelopeIn(text);
      if (envelope === undefined) return text;
      const found = await keyRing();
      try {
        const key = found.outcome === 'open' ? await found.keyRing.read() : undefined;
        if (key === undefined) throw new Error('The key ring has no key for this file.');
        const opened = await openSealed(await ringOf(key), purpose, envelope);
        if (opened.outcome === 'opened') return opened.text;
        throw new Error('The file was sealed with another key.');
      } catch (cause) {
        throw new Failure(
          `${path} is sealed with a key in the key ring of this system, which cannot be reached from here. ` +
            'Unlock the key ring, or remove the file and sign in again with grantway login.',
          { cause },
        );
      }
    },
    forget: async () => {
      const found = await keyRing();
      // A key that seals nothing any more is no secret; whoever signs out with the key ring locked has signed out.
      if (found.outcome === 'open') await found.keyRing.delete().catch(() => undefined);
    },
  };
}

const ringOf = (key: string) => openKeyRing({ current: keyId, keys: { [keyId]: key } });

/** Whether it takes the key to read `text`. */
export function isSealed(text: string): boolean {
  return envelopeIn(text) !== undefined;
}

/** The sealed part of a file of version 2. */
function envelopeIn(text: string): string | undefined {
  try {
    const root: unknown = JSON.parse(text);
    if (root === null || typeof root !== 'object' || !('version' in root) || root.version !== 2) return;
    return 'sealed' in root && typeof root.sealed === 'string' ? root.sealed : undefined;
  } catch {
    return undefined;
  }
}
