import * as oauth from 'oauth4webapi';
import { type AccessRequest, accessParameters, databaseResource } from './access.ts';
import { GrantwayError } from './errors.ts';
import { answered, type Gateway, processed } from './gateway.ts';
import { readTokens, type Tokens } from './tokens.ts';

/** A device authorization (RFC 8628) that waits for the person. */
export interface PendingDevice {
  /** The short address that the person opens on any device. */
  readonly verificationUri: string;
  /** The same with the code in it, for a link or a QR code. */
  readonly verificationUriComplete?: string;
  readonly userCode: string;
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
  /**
   * Asks until the person has decided, at the pace that the server wants.
   * @throws GrantwayError `refused` (`access_denied`), `expired`, `invalid_response`
   */
  wait(signal?: AbortSignal): Promise<Tokens>;
}

/** Starts a device authorization. */
export async function startDevice(gateway: Gateway, access: AccessRequest): Promise<PendingDevice> {
  const response = await answered(
    oauth.deviceAuthorizationRequest(
      gateway.metadata,
      gateway.client,
      gateway.clientAuth,
      accessParameters(gateway, access),
      gateway.request,
    ),
  );
  const device = await processed(
    oauth.processDeviceAuthorizationResponse(gateway.metadata, gateway.client, response),
  );
  const expiresAt = Date.now() + device.expires_in * 1000;
  return {
    verificationUri: device.verification_uri,
    ...(device.verification_uri_complete === undefined
      ? {}
      : { verificationUriComplete: device.verification_uri_complete }),
    userCode: device.user_code,
    expiresAt,
    wait: (signal) => poll(gateway, access, device, expiresAt, signal),
  };
}

async function poll(
  gateway: Gateway,
  access: AccessRequest,
  device: oauth.DeviceAuthorizationResponse,
  expiresAt: number,
  signal: AbortSignal | undefined,
): Promise<Tokens> {
  // RFC 8628, 3.2: five seconds when the server names no interval; 3.5: five more after each `slow_down`.
  let intervalMs = (device.interval ?? 5) * 1000;
  while (Date.now() < expiresAt) {
    await sleep(intervalMs, signal);
    const answer = await askOnce(gateway, access, device.device_code);
    if (answer.outcome === 'issued') return answer.tokens;
    if (answer.outcome === 'slow_down') intervalMs += 5000;
  }
  throw new GrantwayError('expired', 'Nobody confirmed the code in time. Start again.');
}

type Answer =
  | { readonly outcome: 'issued'; readonly tokens: Tokens }
  | { readonly outcome: 'pending' | 'slow_down' };

async function askOnce(gateway: Gateway, access: AccessRequest, deviceCode: string): Promise<Answer> {
  try {
    const response = await answered(
      oauth.deviceCodeGrantRequest(gateway.metadata, gateway.client, gateway.clientAuth, deviceCode, {
        ...gateway.request,
        ...(access.database === undefined
          ? {}
          : { additionalParameters: { resource: databaseResource(gateway, access.database) } }),
      }),
    );
    const result = await processed(
      oauth.processDeviceCodeResponse(gateway.metadata, gateway.client, response),
    );
    return { outcome: 'issued', tokens: readTokens(result, Date.now()) };
  } catch (thrown) {
    if (!(thrown instanceof GrantwayError)) throw thrown;
    if (thrown.reason === 'authorization_pending') return { outcome: 'pending' };
    // RFC 8628, 3.5: a connection time-out slows down the polling and does not end it.
    if (thrown.reason === 'slow_down' || thrown.code === 'network' || thrown.code === 'unavailable') {
      return { outcome: 'slow_down' };
    }
    if (thrown.reason === 'expired_token') {
      throw new GrantwayError('expired', 'Nobody confirmed the code in time. Start again.');
    }
    throw thrown;
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
