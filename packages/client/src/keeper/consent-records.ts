import { toBase64Url } from '../sealing/base64.ts';
import { type KeyRing, openSealed, seal } from '../sealing/index.ts';
import type { TokenStorage } from '../store/index.ts';
import { type Holder, type KeptConsent, parse, serialize } from './kept-consent.ts';

type LockedConsent =
  | { readonly outcome: 'locked'; readonly kept: KeptConsent }
  | { readonly outcome: 'held' | 'absent' };

/** A storage of consents: {@link TokenStorage} with the seal on. A record that cannot be opened counts as absent. */
export interface ConsentRecords {
  read(holder: Holder): Promise<KeptConsent | undefined>;
  write(holder: Holder, kept: KeptConsent): Promise<void>;
  lock(holder: Holder, owner: string, leaseMs: number): Promise<LockedConsent>;
  replace(holder: Holder, owner: string, kept: KeptConsent): Promise<'replaced' | 'lost'>;
  unlock(holder: Holder, owner: string): Promise<void>;
  delete(holder: Holder): Promise<void>;
}

/**
 * Seals every record for issuer, client, subject and resource, and files it under their SHA-256: a storage shows neither
 * who is connected nor to what, and a record moved to another place cannot be opened there.
 */
export function consentRecords(
  application: { readonly issuer: string; readonly clientId: string },
  storage: TokenStorage,
  ring: () => Promise<KeyRing>,
): ConsentRecords {
  const purposeOf = ({ subject, database }: Holder): readonly string[] => [
    'consent',
    application.issuer,
    application.clientId,
    subject,
    `${application.issuer}/db/${encodeURIComponent(database)}`,
  ];

  async function idOf(holder: Holder): Promise<string> {
    const name = new TextEncoder().encode(JSON.stringify(purposeOf(holder)));
    return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', name)));
  }

  const sealed = async (holder: Holder, kept: KeptConsent): Promise<string> =>
    await seal(await ring(), purposeOf(holder), serialize(kept));

  async function open(holder: Holder, text: string | undefined): Promise<KeptConsent | undefined> {
    if (text === undefined) return undefined;
    const opened = await openSealed(await ring(), purposeOf(holder), text);
    return opened.outcome === 'opened' ? parse(opened.text) : undefined;
  }

  return {
    read: async (holder) => await open(holder, await storage.read(await idOf(holder))),
    write: async (holder, kept) => await storage.write(await idOf(holder), await sealed(holder, kept)),
    lock: async (holder, owner, leaseMs) => {
      const id = await idOf(holder);
      const locked = await storage.lock(id, owner, leaseMs);
      if (locked.outcome !== 'locked') return { outcome: locked.outcome };
      const kept = await open(holder, locked.text);
      if (kept !== undefined) return { outcome: 'locked', kept };
      await storage.unlock(id, owner);
      return { outcome: 'absent' };
    },
    replace: async (holder, owner, kept) =>
      await storage.replace(await idOf(holder), owner, await sealed(holder, kept)),
    unlock: async (holder, owner) => await storage.unlock(await idOf(holder), owner),
    delete: async (holder) => await storage.delete(await idOf(holder)),
  };
}
