import type { IncomingMessage } from 'node:http';

const noted = new WeakMap<IncomingMessage, string>();

/** Notes whom a request comes from, as the HTTP door found out behind the proxies that it trusts. */
export function noteCallerAddress(request: IncomingMessage, address: string): void {
  noted.set(request, address);
}

/** Whom a request comes from: what was noted, else the peer of its connection. */
export function callerAddress(request: IncomingMessage): string {
  return noted.get(request) ?? request.socket.remoteAddress ?? '';
}
