import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Redis } from 'ioredis';
import { command } from '../../support/raw-redis.ts';
import { shown } from '../shown.ts';
import type { DifferentialRun } from '../transcribe.ts';
import { writeInPieces } from '../write-in-pieces.ts';
import { ReplyFrames } from './reply-frames.ts';
import { credentials, type RedisStep, type Varying, wordsOf } from './steps.ts';

/** How long an answer may take before the case fails. */
const answerMs = 20_000;

/** Where clients of one kind connect, and as whom. */
export interface Target {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface RedisRunOptions {
  readonly targets: { readonly everything: Target; readonly limited: Target };
  readonly protocol: 2 | 3;
  readonly administrator: Redis;
  /** Cuts what a client writes into pieces of this many bytes, each a write of its own. */
  readonly pieceBytes?: number;
}

interface Connected {
  readonly socket: Socket;
  readonly frames: ReplyFrames;
  readonly target: Target;
  ended: boolean;
  wake: () => void;
}

const lastEcho = 'nothing more was to come';

/** One run of a case with raw clients. */
export class RedisRun implements DifferentialRun<RedisStep> {
  readonly #options: RedisRunOptions;
  readonly #errors: string[] = [];
  readonly #clients = new Map<string, Connected>();

  constructor(options: RedisRunOptions) {
    this.#options = options;
  }

  get errors(): readonly string[] {
    return this.#errors;
  }

  async perform(step: RedisStep): Promise<readonly string[]> {
    const { administrator } = this.#options;
    switch (step.kind) {
      case 'say': {
        const client = await this.#client(step.on);
        await writeInPieces(client.socket, filledIn(step.bytes, client.target), this.#options.pieceBytes);
        const frames = await this.#read(client, step.replies);
        const lines = frames.map((frame) => shown(steady(frame, step.varying)));
        this.#noteErrors(frames);
        return step.replies === 'closed' ? [...lines, 'closed'] : lines;
      }
      case 'administrator': {
        const [name = '', ...args] = wordsOf(step.command);
        await administrator.call(name, ...args);
        return [];
      }
      case 'blocked':
        while (!(await administrator.info('clients')).includes(`blocked_clients:${step.clients}\r\n`));
        return [];
      case 'busy':
        while (
          await administrator.ping().then(
            () => true,
            () => false,
          )
        );
        return [];
    }
  }

  async end(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const [name, client] of this.#clients) {
      lines.push(name);
      if (client.ended) continue;
      // Whatever somebody had said too much stands before the answer to this.
      client.socket.write(command('PING', lastEcho));
      for (;;) {
        const [frame] = await this.#read(client, 1);
        if (frame === undefined) break;
        lines.push(shown(frame));
        if (frame.includes(lastEcho) || /^[+-]/.test(frame.toString('latin1'))) break;
      }
    }
    for (const { socket } of this.#clients.values()) {
      if (!socket.destroyed) {
        socket.destroy();
        await once(socket, 'close');
      }
    }
    this.#clients.clear();
    return lines;
  }

  #noteErrors(frames: readonly Buffer[]): void {
    for (const frame of frames) {
      const line = frame.toString('latin1', 0, 64);
      if (line.startsWith('-')) this.#errors.push(/^-(\S*)/.exec(line)?.[1] ?? '');
    }
  }

  async #client(name: string): Promise<Connected> {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const { targets, protocol } = this.#options;
    const target = name.startsWith('limited') ? targets.limited : targets.everything;
    const socket = connect({ port: target.port, host: '127.0.0.1', noDelay: true });
    const client: Connected = { socket, frames: new ReplyFrames(), target, ended: false, wake: () => {} };
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      client.frames.push(bytes);
      client.wake();
    });
    socket.on('close', () => {
      client.ended = true;
      client.wake();
    });
    await once(socket, 'connect');
    socket.write(command('HELLO', String(protocol), 'AUTH', target.user, target.password));
    const [greeting] = await this.#read(client, 1);
    if (greeting === undefined || greeting[0] === 0x2d) throw new Error(`no sign-in: ${greeting}`);
    this.#clients.set(name, client);
    return client;
  }

  /** So many replies and pushes; fewer only when the connection has ended. */
  async #read(client: Connected, replies: number | 'closed'): Promise<readonly Buffer[]> {
    const read: Buffer[] = [];
    const timer = setTimeout(() => client.socket.destroy(new Error('late')), answerMs);
    try {
      while (replies === 'closed' || read.length < replies) {
        const frame = client.frames.take();
        if (frame !== undefined) read.push(frame);
        else if (client.ended) break;
        else
          await new Promise<void>((resolve) => {
            client.wake = resolve;
          });
      }
    } finally {
      clearTimeout(timer);
    }
    if (client.frames.rest.length > 0 && client.ended) throw new Error(`half a reply: ${client.frames.rest}`);
    return read;
  }
}

function filledIn(bytes: string, target: Target): Buffer {
  let text = bytes;
  for (const [name, field] of Object.entries(credentials)) {
    const value = target[field];
    text = text.replaceAll(name, () => `$${value.length}\r\n${value}\r\n`);
  }
  return Buffer.from(text, 'latin1');
}

/** Of CLIENT INFO: who is connected from where, since when, and what the connection has used. */
const ofTheConnection =
  /\b(?!(?:name|db|user|resp|flags|sub|psub|ssub|multi|watch|redir|cmd|capa)=)([a-z-]+)=\S*/g;

/** A frame without what may differ. */
function steady(frame: Buffer, varying: Varying): Buffer {
  const text = frame.toString('latin1');
  switch (varying) {
    case 'nothing':
      return frame;
    case 'numbers':
      return Buffer.from(text.replaceAll(/\d+/g, 'n'), 'latin1');
    case 'hello':
      return Buffer.from(text.replace(/(\$2\r\nid\r\n):\d+/, '$1:n'), 'latin1');
    case 'client info':
      return Buffer.from(text.replace(/^[$=]\d+/, '').replaceAll(ofTheConnection, '$1'), 'latin1');
  }
}
