import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runProgram } from './psql.ts';

/** A key ring as a desktop has one, unlocked, empty, and nobody's. */
export interface SecretService {
  /** What a program's environment needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts gnome-keyring on a message bus of its own; both keep their files in a temporary folder. */
export async function startSecretService(): Promise<SecretService> {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-key-ring-'));
  const home = { PATH: process.env.PATH ?? '', HOME: folder, XDG_RUNTIME_DIR: folder };
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], {
    env: home,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [address] = (await once(createInterface(bus.stdout), 'line')) as [string];
  const env = { ...home, DBUS_SESSION_BUS_ADDRESS: address };
  const keyRing = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  keyRing.stdin.end('the password of a test');
  const ended = Promise.all([once(bus, 'exit'), once(keyRing, 'exit')]);
  const giveUpAt = performance.now() + 60_000;
  while ((await runProgram('dbus-send', nameOwner, env)).code !== 0) {
    if (keyRing.exitCode !== null || performance.now() > giveUpAt) {
      throw new Error('gnome-keyring-daemon did not start.');
    }
  }
  return {
    env: { DBUS_SESSION_BUS_ADDRESS: address },
    stop: async () => {
      keyRing.kill();
      bus.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Succeeds once the key ring is on the bus. */
const nameOwner = [
  '--session',
  '--print-reply',
  '--dest=org.freedesktop.DBus',
  '/',
  'org.freedesktop.DBus.GetNameOwner',
  'string:org.freedesktop.secrets',
];
