import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { InteropCheck, InteropNeed } from '../interop/interop.ts';
import type { Address, Ways } from './driver-servers.ts';

/** A program that prints one line of JSON for each check: `{ "check": …, "answer": … }`. */
export type DriverProgram = (address: Address) => {
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
};

/** What is asked of each program: the same answers both ways, and a refusal that people can read. */
export function driverChecks(driver: {
  readonly title: string;
  readonly needs: InteropNeed;
  readonly ways: Ways;
  readonly program: DriverProgram;
}): readonly InteropCheck[] {
  const { title, needs, ways, program } = driver;
  return [
    { title: `${title}: answers`, needs, run: () => expectSameAnswers(ways, program) },
    { title: `${title}: refusal`, needs, run: () => expectRefusal(ways, program) },
  ];
}

/** Runs it against the server and through Grantway. @throws when the two do not answer the same */
async function expectSameAnswers({ direct, grantway }: Ways, program: DriverProgram): Promise<void> {
  const wanted = await answers(program, direct);
  assert.ok(wanted.length > 1, 'the program checks nothing');
  assert.deepEqual(await answers(program, grantway), wanted);
}

/** Runs it through Grantway with a token that is none. @throws when what it then says is not what people must read */
async function expectRefusal({ grantway }: Ways, program: DriverProgram): Promise<void> {
  const said = await answers(program, { ...grantway, password: 'gwt_nonsense' });
  assert.equal(said.length, 1);
  assert.match(String(said[0]), /^\{"check":"refused","answer":".*token/);
}

/** What it prints within two minutes. @throws with what it wrote when it ends otherwise than well */
async function answers(program: DriverProgram, address: Address): Promise<readonly string[]> {
  const { command, env } = program(address);
  const [file, ...args] = command;
  const child = spawn(file, args, {
    env: { ...process.env, DB_USER: address.user, DB_PASSWORD: address.password, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
  let printed = '';
  let complained = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained += text;
  });
  const end = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const lines = printed.trimEnd().split('\n');
  if (end === 0) return lines;
  throw new Error(
    `port ${address.port}: ended with ${end} after ${lines.at(-1)?.slice(0, 300)}\n${complained}`,
  );
}
