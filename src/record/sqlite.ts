/**
 * @file The door to SQLite: loaded when first needed, and only ever given a private copy of a file.
 *
 * The wasm build locks by a folder that a killed process leaves behind, and does not roll back what a killed writer left half
 * done. So Segkit never lets it write to the record itself: a copy is changed and put in place by one rename.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database as SqliteDatabase } from "node-sqlite3-wasm";

export type { SqliteDatabase };
export type Sqlite = typeof import("node-sqlite3-wasm");

/** The package, or why it cannot be loaded. */
export function loadSqlite(): { readonly sqlite: Sqlite } | { readonly missing: string } {
  try {
    return { sqlite: createRequire(import.meta.url)("node-sqlite3-wasm") as Sqlite };
  } catch (error) {
    return { missing: (error as Error).message.split("\n")[0]! };
  }
}

/** A database in a folder of its own that nobody else knows. */
export class PrivateDatabase {
  readonly db: SqliteDatabase;
  private readonly folder: string;
  private readonly file: string;

  /** @param original file whose content it begins with; without one, or where there is none, it is empty */
  constructor(sqlite: Sqlite, original?: string) {
    this.folder = mkdtempSync(join(tmpdir(), "segkit-record-"));
    this.file = join(this.folder, "record.db");
    try {
      if (original !== undefined && existsSync(original)) writeFileSync(this.file, readFileSync(original));
      this.db = new sqlite.Database(this.file);
      // The copy is thrown away or taken over whole: nothing in it has to survive a crash.
      this.db.exec("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The content of the file as it stands. */
  bytes(): Uint8Array {
    return readFileSync(this.file);
  }

  /** Frees its memory and removes the copy. */
  close(): void {
    try {
      if (this.db?.isOpen) this.db.close();
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}
