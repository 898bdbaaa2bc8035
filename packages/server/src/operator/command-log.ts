import { type Logger, pino } from 'pino';

/** The log of a process that the command line starts: JSON lines on standard error, so that output stays data. */
export function commandLog(level: 'info' | 'warn'): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
