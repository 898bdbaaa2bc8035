import type { TokenStorage } from './token-storage.ts';

interface Row {
  readonly text: string;
  readonly owner?: string;
  readonly lockedUntil?: number;
}

/** Keeps records as long as this process lives: for tests, browsers, and programs that may ask again. */
export function memoryStorage(): TokenStorage {
  const rows = new Map<string, Row>();
  return {
    read: async (id) => rows.get(id)?.text,
    write: async (id, text) => {
      rows.set(id, { text });
    },
    lock: async (id, owner, leaseMs) => {
      const row = rows.get(id);
      if (row === undefined) return { outcome: 'absent' };
      if (row.lockedUntil !== undefined && row.lockedUntil > Date.now()) return { outcome: 'held' };
      rows.set(id, { text: row.text, owner, lockedUntil: Date.now() + leaseMs });
      return { outcome: 'locked', text: row.text };
    },
    replace: async (id, owner, text) => {
      if (rows.get(id)?.owner !== owner) return 'lost';
      rows.set(id, { text });
      return 'replaced';
    },
    unlock: async (id, owner) => {
      const row = rows.get(id);
      if (row?.owner === owner) rows.set(id, { text: row.text });
    },
    delete: async (id) => {
      rows.delete(id);
    },
  };
}
