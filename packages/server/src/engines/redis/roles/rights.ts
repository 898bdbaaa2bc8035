/** What one ACL user, or one selector of it, may do: rules as the server takes them. */
export interface Rights {
  /** `+` and `-` rules, to be read after `-@all`. */
  readonly commands: readonly string[];
  /** `~pattern`, `%R~pattern`, `%W~pattern`. */
  readonly keys: readonly string[];
  /** `&pattern`. */
  readonly channels: readonly string[];
}

/** The patterns in one form for each meaning: sorted, reading and writing put together, nothing beside `~*`. */
export function sameKeys(patterns: readonly string[]): readonly string[] {
  const access = new Map<string, Set<string>>();
  for (const rule of patterns) {
    const [, letters = 'RW', pattern = ''] = /^(?:%([RW]+))?~(.*)$/s.exec(rule) ?? [];
    access.set(pattern, (access.get(pattern) ?? new Set()).union(new Set(letters)));
  }
  if (access.get('*')?.size === 2) return ['~*'];
  return [...access]
    .map(([pattern, letters]) => `${letters.size === 2 ? '' : `%${[...letters].join('')}`}~${pattern}`)
    .sort();
}

/** The patterns sorted, each once, nothing beside `&*`. */
export function sameChannels(patterns: readonly string[]): readonly string[] {
  return patterns.includes('&*') ? ['&*'] : [...new Set(patterns)].sort();
}

/** The rights as words of `ACL SETUSER`, from nothing. */
export function rightsWords({ commands, keys, channels }: Rights): readonly string[] {
  return [...keys, ...channels, '-@all', ...commands];
}
