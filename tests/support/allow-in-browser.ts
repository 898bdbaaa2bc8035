import type { Person } from './person.ts';

/** What the browser does when `grantway` prints an address: the person signs in, allows, and comes back to its loopback address. */
export async function allowInBrowser(person: Person, url: URL): Promise<Response> {
  const end = await person.authorize(url);
  if (end.kind === 'page') throw new Error(`the browser stayed at ${end.url}:\n${end.html}`);
  return await fetch(end.to);
}
