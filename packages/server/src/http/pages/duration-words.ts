const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** A length of time as people say it, rounded to whole units: `15 minutes`, `12 hours`, `1 hour and 30 minutes`. */
export function durationInWords(milliseconds: number): string {
  const at = units.findIndex(([, size]) => milliseconds >= size);
  const [large, small] = at < 0 ? [units[3]] : [units[at], units[at + 1]];
  if (!large) return 'no time';
  const whole = Math.max(1, Math.floor(milliseconds / large[1]));
  const rest = small ? Math.floor((milliseconds - whole * large[1]) / small[1]) : 0;
  const first = counted(whole, large[0]);
  return small && rest > 0 && milliseconds < units[0][1] * 2
    ? `${first} and ${counted(rest, small[0])}`
    : first;
}

/** How long ago something was, coarse: `just now`, `5 minutes ago`, `3 days ago`. */
export function agoInWords(then: number, now: number): string {
  const unit = units.find(([, size]) => now - then >= size);
  if (!unit || unit[0] === 'second') return 'just now';
  return `${counted(Math.floor((now - then) / unit[1]), unit[0])} ago`;
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
