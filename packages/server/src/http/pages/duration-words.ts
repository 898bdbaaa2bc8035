const second = ['second', 1_000] as const;
const units = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], second] as const;

/** A length of time as people say it, in one unit or two: `15 minutes`, `1 hour and 30 minutes`, `29 days`. */
export function durationInWords(milliseconds: number): string {
  const [unit, size] = units.find(([, size]) => milliseconds >= size) ?? second;
  const whole = Math.floor(milliseconds / size);
  const rest = milliseconds - whole * size;
  const [smallUnit, smallSize] = units.find(([, candidate]) => candidate < size) ?? second;
  const small = Math.floor(rest / smallSize);
  // From two of a unit on, nobody counts its parts.
  return whole === 1 && small > 0
    ? `${counted(1, unit)} and ${counted(small, smallUnit)}`
    : counted(whole, unit);
}

/** How long ago something was, coarse: `just now`, `5 minutes ago`, `3 days ago`. */
export function agoInWords(then: number, now: number): string {
  const [unit, size] = units.find(([, size]) => now - then >= size) ?? second;
  return unit === 'second' ? 'just now' : `${counted(Math.floor((now - then) / size), unit)} ago`;
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
