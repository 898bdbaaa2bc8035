import { z } from 'zod';
import type { KeyPath } from './problem.ts';
import { configSchema } from './schema.ts';

/** The part of JSON Schema that the config's schema uses. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

let made: JsonSchema | undefined;

/** The config file as JSON Schema (draft 7, which editors know best): the source of the reference and of hints. */
export function configJsonSchema(): JsonSchema {
  made ??= z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }) as JsonSchema;
  return made;
}

/** The schemas that a value at `path` may follow; several when it is a choice, none when the path does not exist. */
export function schemasAt(path: KeyPath): readonly JsonSchema[] {
  let candidates = alternatives(configJsonSchema());
  for (const key of path)
    candidates = candidates.flatMap((schema) => child(schema, key)).flatMap(alternatives);
  return candidates;
}

/** A schema's alternatives, each with one type, or itself. Description and examples stand beside a choice and go with each. */
export function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const { anyOf, oneOf, type, ...rest } = schema;
  const options =
    anyOf ??
    oneOf ??
    (Array.isArray(type) ? type.map((one: string): JsonSchema => ({ type: one })) : undefined);
  return options?.flatMap((option) => alternatives({ ...rest, ...option })) ?? [schema];
}

function child(schema: JsonSchema, key: string | number): readonly JsonSchema[] {
  if (typeof key === 'number') return schema.items === undefined ? [] : [schema.items];
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) {
    const property = schema.properties[key];
    return property === undefined ? [] : [property];
  }
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
}
