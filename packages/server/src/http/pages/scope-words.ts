const sentences: Readonly<Record<string, string>> = {
  profile: 'See your name',
  groups: 'See the groups you are in',
};

/** What an application may know of a person by these scopes, one sentence each; scopes of databases say nothing here. */
export function scopesInWords(scopes: readonly string[]): readonly string[] {
  return scopes.flatMap((scope) => sentences[scope] ?? []);
}
