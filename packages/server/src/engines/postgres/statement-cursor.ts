import type { FieldDef } from 'pg';
import Cursor from 'pg-cursor';

/** A row as the server wrote it, in text. */
export type TextRow = readonly (string | null)[];

/**
 * One statement over the extended protocol (so the server itself refuses two), read in portions. Rows go to `onRow` as they
 * come, with the bytes of their message; `read` itself gives none.
 * COPY has no place in a query answer: the driver would not know what to do with its messages, so `onCopy` ends it.
 */
export class StatementCursor extends Cursor {
  /** Filled before the first portion arrives; stays empty for a statement without a result. */
  fields: readonly FieldDef[] = [];
  /** From the command tag, once the statement has completed. */
  rowsAffected: number | undefined;
  onRow: (row: TextRow, bytes: number) => void = () => {};
  readonly #onCopy: () => void;

  constructor(text: string, values: readonly unknown[], onCopy: () => void) {
    super(text, values, { rowMode: 'array', types: { getTypeParser: () => (value) => value } });
    this.#onCopy = onCopy;
  }

  override handleRowDescription(message: { readonly fields: readonly FieldDef[] }): void {
    this.fields = message.fields;
    super.handleRowDescription(message);
  }

  override handleDataRow({ fields, length }: { readonly fields: TextRow; readonly length: number }): void {
    this.onRow(fields, length);
  }

  override handleCommandComplete(message: { readonly text: string }): void {
    const changed = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/.exec(message.text);
    if (changed !== null) this.rowsAffected = Number(changed[1]);
    super.handleCommandComplete(message);
  }

  /** Called by the driver's client for COPY … FROM STDIN. */
  handleCopyInResponse(): void {
    this.#onCopy();
  }

  /** Called by the driver's client for COPY … TO STDOUT. */
  handleCopyData(): void {
    this.#onCopy();
  }
}
