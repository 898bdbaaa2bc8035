const lastLines = 40;

/** How a process ended: one of the two is null. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A server of a test that runs. */
export interface WatchedServer {
  /** For the message. */
  readonly title: string;
  readonly ended: Promise<ProcessEnd>;
  /** All that it wrote, when it has ended. */
  readonly log: () => string;
}

/**
 * Prints the last lines of a server's log, with its exit code or signal, when it ends without having been asked: whoever
 * used it sees lost connections and nothing of the cause. Gives what to call before the server is asked to end.
 */
export function tellUnaskedEnd({ title, ended, log }: WatchedServer): () => void {
  let asked = false;
  void ended.then(({ exitCode, signal }) => {
    if (asked) return;
    const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
    const lines = log().trimEnd().split('\n').slice(-lastLines);
    console.error(
      `${title} ended without being asked (${how}). Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`,
    );
  });
  return () => {
    asked = true;
  };
}
