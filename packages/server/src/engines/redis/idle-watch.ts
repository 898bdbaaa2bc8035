import type { WireListener } from '../framing/index.ts';

/** Listens while nobody uses a connection. A server has nothing to say then: whatever comes calls `spoilt` once. */
export function idleWatch(spoilt: () => void): WireListener {
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    spoilt();
  };
  return { received: end, ended: end, drained() {} };
}
