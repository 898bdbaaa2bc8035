import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** Reads one expression a line, and answers with what it is worth, as JSON, or with the name of what it raised. */
const loop = `
import json, sys
for line in sys.stdin:
    try:
        answer = {"value": eval(line, globals())}
    except Exception as failure:
        answer = {"raised": type(failure).__name__ + ": " + str(failure)}
    print(json.dumps(answer, default=str), flush=True)
`;

/** A Python that stays, asked one expression after the other. */
export class PythonSession {
  readonly #child: ChildProcess;
  readonly #answers: Interface;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  private constructor(child: ChildProcess, answers: Interface) {
    this.#child = child;
    this.#answers = answers;
    this.#lines = answers[Symbol.asyncIterator]();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  /** Begins with a program; `python` are the words that start the interpreter. */
  static start(python: readonly [program: string, ...args: string[]], program: string): PythonSession {
    const [interpreter, ...args] = python;
    const child = spawn(interpreter, [...args, '-c', program + loop], {
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    if (child.stdout === null) throw new TypeError('its answers are piped');
    return new PythonSession(child, createInterface(child.stdout));
  }

  /** What the expression is worth. @throws Error with what it raised */
  async ask(expression: string): Promise<unknown> {
    this.#child.stdin?.write(`${expression}\n`);
    const { value: line, done } = await this.#lines.next();
    if (done === true) throw new Error(`Python ended: ${this.#errors}`);
    const answer: unknown = JSON.parse(line);
    if (typeof answer === 'object' && answer !== null && 'value' in answer) return answer.value;
    throw new Error(`${expression}: ${line}`);
  }

  /** Ends it, by the end of its input. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin?.end();
    await ended;
    this.#answers.close();
  }
}
