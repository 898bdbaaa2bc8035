/**
 * What a relay wants of Node.js and cannot ask for once it runs.
 *
 * - A bound to each half of V8's young generation, in MiB. V8 sizes it by the machine, up to 128 MiB. A relay makes
 *   little garbage beside the bytes that it carries, and those lie outside of V8's heap: with so much room they pile up
 *   between two young collections until V8 takes them for a reason to collect everything, some three times a second and
 *   for nearly half of the time that the process works (results of a hundred rows).
 * - Node's own machine code on large pages of memory, where the system has them (`silent`: else as ever). A message takes
 *   the relay across much code for little work, and on 4 KiB pages the processor has to look up many addresses for it,
 *   which is dearest in a virtual machine. It takes some 50 MiB that are not shared with other Node processes.
 *
 * `bench/README.md` has what each brings.
 */
const options = [
  { flag: '--max-semi-space-size', value: '32' },
  { flag: '--use-largepages', value: 'silent' },
] as const;

/**
 * Begins this process anew, under the same id, with the options of Node.js that suit a relay. Those that the command line
 * or `NODE_OPTIONS` names already stay as they are; does nothing when all are named, or on Windows, which cannot.
 */
export function fitRuntime(): void {
  const { execArgv, env, execPath, argv } = process;
  const named = [...execArgv, ...(env.NODE_OPTIONS ?? '').split(/\s+/)];
  const missing = options.filter(({ flag }) => !named.some((given) => given.startsWith(flag)));
  if (missing.length === 0 || process.platform === 'win32') return;
  const flags = missing.map(({ flag, value }) => `${flag}=${value}`);
  process.execve?.(execPath, [execPath, ...flags, ...execArgv, ...argv.slice(1)]);
}
