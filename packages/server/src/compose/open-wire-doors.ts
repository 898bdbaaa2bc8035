import type { EngineName } from '../core/index.ts';
import type { Engine } from '../engines/index.ts';
import { type Listener, listen, type SessionServices } from '../gateway/index.ts';
import type { GatewayBase } from './open-base.ts';
import type { SigningIn } from './open-signing-in.ts';

/** Sockets on one wire listener. */
const mostConnections = 20_000;

interface Parts extends Pick<GatewayBase, 'inForce'>, Pick<SigningIn, 'certificates'> {
  readonly engines: Readonly<Partial<Record<EngineName, Engine>>>;
  readonly services: SessionServices;
  /** Told of connections that the system could not give us. */
  readonly couldNotAccept: (thrown: unknown) => void;
}

/** Opens the wire listeners that the config names. @throws the system's error when an address cannot be bound */
export async function openWireDoors(
  { engines, inForce, certificates, services, couldNotAccept }: Parts,
  opened: AsyncDisposableStack,
): Promise<readonly Listener[]> {
  const listeners: Listener[] = [];
  for (const engine of Object.values(engines)) {
    const address = inForce.config.listen[engine.name];
    if (address === undefined) continue;
    const listener = await listen({
      engine,
      address,
      issuer: inForce.config.issuer,
      tls: () => inForce.tls.context,
      ...(certificates !== undefined && { certificates: certificates.door }),
      mostConnections,
      couldNotAccept,
      services,
    });
    opened.defer(() => listener.close());
    listeners.push(listener);
  }
  return listeners;
}
