/**
 * The commands of one server with their ACL categories. It works out what a list of ACL rules allows, which is the one
 * way to compare two lists: the server words what it was given anew (Redis 7.0 turns `-@dangerous` into the commands
 * that are left of it, later versions keep most of it).
 */
export class CommandCatalog {
  readonly #commands: ReadonlySet<string>;
  readonly #categories: ReadonlyMap<string, ReadonlySet<string>>;

  /** `commands` as `COMMAND LIST` gives them (subcommands as `config|get`), `categories` as `ACL CAT name` does. */
  constructor(commands: readonly string[], categories: ReadonlyMap<string, ReadonlySet<string>>) {
    // A mere container (CONFIG) is in no category; COMMAND is in one, because it also runs alone.
    const containers = new Set(commands.filter(isSubcommand).map(containerOf));
    const runnable = new Set([...categories.values()].flatMap((category) => [...category]));
    this.#commands = new Set(commands.filter((command) => !containers.has(command) || runnable.has(command)));
    this.#categories = categories;
  }

  /** Every command of a category; none when this server has no such category. */
  category(name: string): ReadonlySet<string> {
    return this.#categories.get(name) ?? new Set();
  }

  /** What the part of a rule after `+` or `-` stands for; undefined when this server has nothing by this name. */
  named(name: string): ReadonlySet<string> | undefined {
    if (name === '@all') return this.#commands;
    if (name.startsWith('@')) return this.#categories.get(name.slice(1));
    const inside = [...this.#commands].filter(
      (command) => command === name || (isSubcommand(command) && containerOf(command) === name),
    );
    return inside.length > 0 ? new Set(inside) : undefined;
  }

  /** The commands that a user with these `+` and `-` rules may run. It starts from none; a later rule wins. */
  allowed(rules: readonly string[]): ReadonlySet<string> {
    let allowed: ReadonlySet<string> = new Set();
    for (const rule of rules) {
      // `+select|0`, an old rule that allows one first argument, names no command: it counts as a command of its own.
      const commands = this.named(rule.slice(1)) ?? new Set([rule.slice(1)]);
      allowed = rule.startsWith('+') ? allowed.union(commands) : allowed.difference(commands);
    }
    return allowed;
  }
}

function isSubcommand(command: string): boolean {
  return command.includes('|');
}

function containerOf(subcommand: string): string {
  return subcommand.slice(0, subcommand.indexOf('|'));
}
