declare module 'pg-cursor' {
  import type { Connection, FieldDef, Submittable } from 'pg';

  /** The part of pg-cursor that the query driver uses; the package brings no types. */
  class Cursor implements Submittable {
    constructor(
      text: string,
      values: readonly unknown[],
      config: {
        readonly rowMode: 'array';
        readonly types: { readonly getTypeParser: () => (text: string) => string };
      },
    );
    submit(connection: Connection): void;
    read(rows: number, callback: (error: Error | null) => void): void;
    close(): Promise<void>;
    handleRowDescription(message: { readonly fields: readonly FieldDef[] }): void;
    handleDataRow(message: { readonly fields: readonly (string | null)[]; readonly length: number }): void;
    handleCommandComplete(message: { readonly text: string }): void;
  }
  export = Cursor;
}
