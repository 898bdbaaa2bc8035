/** One secret of this person's, where the operating system keeps such: Keychain, Credential Manager, Secret Service. */
export interface SystemKeyRing {
  /** @throws Error when the key ring is locked and stays so, or does not answer */
  read(): Promise<string | undefined>;
  /** Puts it there, whatever was before. @throws Error like {@link SystemKeyRing.read} */
  write(secret: string): Promise<void>;
  /** Nothing happens when there is none. @throws Error like {@link SystemKeyRing.read} */
  delete(): Promise<void>;
}

/** What {@link openSystemKeyRing} finds. */
export type KeyRingOutcome =
  | { readonly outcome: 'open'; readonly keyRing: SystemKeyRing }
  /** The person said `GRANTWAY_CLI_KEY_RING=off`. */
  | { readonly outcome: 'off' }
  /** A machine without one, or without the native part that talks to it. */
  | { readonly outcome: 'absent' };

/** Finds the person's key ring. `account` tells one secret of this program from another. */
export async function openSystemKeyRing(
  env: Readonly<Record<string, string | undefined>>,
  account: string,
): Promise<KeyRingOutcome> {
  if (env.GRANTWAY_CLI_KEY_RING === 'off') return { outcome: 'off' };
  try {
    // Loaded when it is needed: its native part is missing on some platforms, and the program works without.
    const { AsyncEntry } = await import('@napi-rs/keyring');
    // On Linux its other store, the kernel's, forgets at a restart and often at sign-out: the file would stay shut.
    const entry = new AsyncEntry('grantway', account, { linux: { store: 'secret-service' } });
    return {
      outcome: 'open',
      keyRing: {
        read: async () => (await entry.getPassword()) ?? undefined,
        write: async (secret) => await entry.setPassword(secret),
        delete: async () => {
          await entry.deletePassword();
        },
      },
    };
  } catch {
    return { outcome: 'absent' };
  }
}
