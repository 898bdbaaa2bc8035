import pg from 'pg';
import type { PlannedStatement } from '../../role-manager.ts';
import type { CatalogState, GrantableObject, Granted } from './catalog-state.ts';
import type { ObjectKind } from './templates.ts';
import { type Holder, holdersOf, type WantedRole } from './wanted-roles.ts';

/**
 * Grants what the template says on every object that the manager can grant, and revokes what goes beyond the template
 * on any object, with all that was passed on of it. What the manager cannot grant stays out of reach: its own rights draw
 * the border of the templates.
 */
export function planPrivileges(
  wanted: readonly WantedRole[],
  found: CatalogState,
): readonly PlannedStatement[] {
  return holdersOf(wanted).flatMap((holder) => [
    ...byPrivileges(found.objects, (object) => excess(holder, object)).map(
      ({ kind, privileges, objects }) => ({
        sql: `REVOKE ${privileges} ON ${kind} ${list(objects)} FROM ${pg.escapeIdentifier(holder.name)} CASCADE`,
        because: `${holder.name} holds ${privileges} on ${labels(objects)}`,
      }),
    ),
    ...byPrivileges(found.objects, (object) => passable(holder, object)).map(
      ({ kind, privileges, objects }) => ({
        sql: `REVOKE GRANT OPTION FOR ${privileges} ON ${kind} ${list(objects)} FROM ${pg.escapeIdentifier(holder.name)} CASCADE`,
        because: `${holder.name} can pass on ${privileges} on ${labels(objects)}`,
      }),
    ),
    ...planColumns(holder, found),
    ...byPrivileges(found.objects, (object) => missing(holder, object)).map(
      ({ kind, privileges, objects }) => ({
        sql: `GRANT ${privileges} ON ${kind} ${list(objects)} TO ${pg.escapeIdentifier(holder.name)}`,
        because: `${holder.name} lacks ${privileges} on ${labels(objects)}`,
      }),
    ),
    ...planElsewhere(holder, found),
  ]);
}

/** A privilege on a column that the template gives on tables stays, as one on a table does that the manager cannot grant. */
function planColumns(holder: Holder, { columns }: CatalogState): readonly PlannedStatement[] {
  return columns
    .filter(({ grantee }) => grantee === holder.name)
    .flatMap(({ privilege, passable, table, column, label }) => {
      const revoke = (what: string, because: string) => [
        {
          sql: `REVOKE ${what}${privilege} (${column}) ON TABLE ${table} FROM ${pg.escapeIdentifier(holder.name)} CASCADE`,
          because: `${holder.name} ${because} ${privilege} on the column ${label}`,
        },
      ];
      if (!holder.privileges.TABLE.includes(privilege)) return revoke('', 'holds');
      return passable ? revoke('GRANT OPTION FOR ', 'can pass on') : [];
    });
}

/** An administrator may have meant what no template has, and the manager account can seldom take it back. */
function planElsewhere(holder: Holder, { elsewhere }: CatalogState): readonly PlannedStatement[] {
  return elsewhere
    .filter(({ grantee }) => grantee === holder.name)
    .map(({ sql }) => ({
      sql: `REVOKE ALL ON ${sql} FROM ${pg.escapeIdentifier(holder.name)}`,
      because: `${holder.name} holds a privilege on ${sql}, which no template gives`,
      byHand: true,
    }));
}

function excess(holder: Holder, object: GrantableObject): readonly string[] {
  return held(holder, object).filter((privilege) => !holder.privileges[object.kind].includes(privilege));
}

function passable(holder: Holder, object: GrantableObject): readonly string[] {
  return [
    ...new Set(
      grantsTo(holder, object)
        .filter(({ privilege, passable }) => passable && holder.privileges[object.kind].includes(privilege))
        .map(({ privilege }) => privilege),
    ),
  ];
}

function missing(holder: Holder, object: GrantableObject): readonly string[] {
  const has = held(holder, object);
  return holder.privileges[object.kind].filter(
    (privilege) => object.grantable.includes(privilege) && !has.includes(privilege),
  );
}

function held(holder: Holder, object: GrantableObject): readonly string[] {
  return [...new Set(grantsTo(holder, object).map(({ privilege }) => privilege))];
}

function grantsTo(holder: Holder, object: GrantableObject): readonly Granted[] {
  return object.granted.filter(({ grantee }) => grantee === holder.name);
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
