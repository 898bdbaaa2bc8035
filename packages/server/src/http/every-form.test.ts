import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Person } from '../../../../tests/support/person.ts';
import { people, post, type Site, startSite } from './testing/index.ts';

let site: Site;
let paths: readonly string[];
beforeAll(async () => {
  site = await startSite({ registration: { enabled: false, people: { kind: 'everyone' } } });
  await site.app.ready();
  paths = formPaths(site.app.printRoutes({ commonPrefix: false }));
});
afterAll(() => site.stop());

describe('every form that the router knows', () => {
  test('is among those that are tried here', () => {
    expect(paths).toEqual(
      expect.arrayContaining([
        '/sign-in',
        '/consent/x',
        '/sign-out/everywhere',
        '/developer/applications/x/remove',
      ]),
    );
  });

  test('H04 is refused to a stranger', async () => {
    const before = site.events.length;
    // A stranger has nothing to sign out of, and is led home.
    for (const path of paths.filter((one) => !one.startsWith('/sign-out'))) {
      const answer = await post(new Person(site.issuer, '', ''), path, { decision: 'allow' });
      expect([path, outcomeOf(answer)]).toEqual([path, 'refused']);
    }
    expect(site.events.slice(before)).toEqual([]);
  });

  test('H07 is refused to somebody signed in who was not shown it', async () => {
    const viewer = new Person(site.issuer, 'viewer@example.com', people.viewer);
    await viewer.home();
    const before = site.events.length;
    for (const path of paths) {
      const answer = await post(viewer, path, { decision: 'allow', form_token: 'x' });
      expect([path, outcomeOf(answer)]).toEqual([path, 'refused']);
    }
    expect(site.events.slice(before)).toEqual([]);
    expect(await viewer.isSignedIn()).toBe(true);
  });
});

/** A page that asks for a sign-in refuses too. */
function outcomeOf({ status, headers }: Response): string {
  const led = headers.get('location') ?? 'nowhere';
  const isRefused = (status >= 400 && status < 500) || /^\/sign-in(\?|$)/.test(led);
  return isRefused ? 'refused' : `${status}, led to ${led}`;
}

/**
 * The paths that take a POST, from the tree that the router prints, with something in the place of each parameter.
 * Without those of the authorization server, which has a router of its own.
 */
function formPaths(tree: string): readonly string[] {
  const above: string[] = [];
  const found: string[] = [];
  for (const line of tree.split('\n')) {
    const [, indent = '', part, methods = ''] = /^([│ ]*)[├└]── (\S+)(?: \((.*)\))?$/.exec(line) ?? [];
    if (part === undefined) continue;
    above.splice(indent.length / 4, above.length, part);
    const path = above.join('').replaceAll(/:\w+/g, 'x');
    const isOurs = !path.includes('*') && path !== '/device';
    if (isOurs && methods.split(', ').includes('POST')) found.push(path);
  }
  return found;
}
