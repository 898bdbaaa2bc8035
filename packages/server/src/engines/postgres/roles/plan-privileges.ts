import pg from 'pg';
import type { PlannedStatement } from '../../role-manager.ts';
import type { CatalogState, GrantableObject } from './catalog-state.ts';
import type { ObjectKind } from './templates.ts';
import { type Holder, holdersOf, type WantedRole } from './wanted-roles.ts';

/**
 * Grants what the template says on every object that the manager can grant, and revokes what goes beyond the template
 * on any object. What the manager cannot grant stays out of reach: its own rights draw the border of the templates.
 */
export function planPrivileges(
  wanted: readonly WantedRole[],
  found: CatalogState,
): readonly PlannedStatement[] {
  return holdersOf(wanted).flatMap((holder) => [
    ...byPrivileges(found.objects, (object) => excess(holder, object)).map(
      ({ kind, privileges, objects }) => ({
        sql: `REVOKE ${privileges} ON ${kind} ${list(objects)} FROM ${pg.escapeIdentifier(holder.name)}`,
        because: `${holder.name} holds ${privileges} on ${labels(objects)}`,
      }),
    ),
    ...byPrivileges(found.objects, (object) => missing(holder, object)).map(
      ({ kind, privileges, objects }) => ({
        sql: `GRANT ${privileges} ON ${kind} ${list(objects)} TO ${pg.escapeIdentifier(holder.name)}`,
        because: `${holder.name} lacks ${privileges} on ${labels(objects)}`,
      }),
    ),
  ]);
}

function excess(holder: Holder, object: GrantableObject): readonly string[] {
  return held(holder, object).filter((privilege) => !holder.privileges[object.kind].includes(privilege));
}

function missing(holder: Holder, object: GrantableObject): readonly string[] {
  const has = held(holder, object);
  return holder.privileges[object.kind].filter(
    (privilege) => object.grantable.includes(privilege) && !has.includes(privilege),
  );
}

function held(holder: Holder, object: GrantableObject): readonly string[] {
  return object.granted.filter(({ grantee }) => grantee === holder.name).map(({ privilege }) => privilege);
}

interface Batch {
  readonly kind: ObjectKind;
  readonly privileges: string;
  readonly objects: GrantableObject[];
}

/** One statement for all objects of a kind that need the same privileges. */
function byPrivileges(
  objects: readonly GrantableObject[],
  privilegesOf: (object: GrantableObject) => readonly string[],
): readonly Batch[] {
  const batches = new Map<string, Batch>();
  for (const object of objects) {
    const privileges = privilegesOf(object).join(', ');
    if (privileges === '') continue;
    const key = `${object.kind} ${privileges}`;
    const batch = batches.get(key) ?? { kind: object.kind, privileges, objects: [] };
    batch.objects.push(object);
    batches.set(key, batch);
  }
  return [...batches.values()];
}

function list(objects: readonly GrantableObject[]): string {
  return objects.map(({ sql }) => sql).join(', ');
}

function labels(objects: readonly GrantableObject[]): string {
  const named = objects.slice(0, 3).map(({ label }) => label);
  const more = objects.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
