/** Leases that serialise rotations between processes. */
export interface Locks {
  /** True when `owner` holds `name` until `until` now; an expired lease is taken over. */
  acquire(name: string, owner: string, until: number, at: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
}
