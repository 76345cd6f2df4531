// Edits not yet saved: kept in this browser under the version they were made on, until the gateway has them.

import { successor } from './report_model.ts';
import type { Report, StatementEdit } from './report_types.ts';

export interface Addition {
  id: number;
  section: string;
  text: string;
}
interface Stored {
  changed: [string, string][];
  added: Addition[];
}

const prefix = 'tomoscribe.edits.';
const keyOf = (report: string, version: number): string => `${prefix}${report}.${version}`;

export class Pending {
  changed = new Map<string, string>(); ///< statement id → text; empty text: struck out
  added: Addition[] = [];
  restored = false;
  private next = 1;

  constructor(private readonly report: string, readonly version: number) {
    const stored = Pending.read(report, version);
    if (!stored) return;
    this.changed = new Map(stored.changed);
    this.added = stored.added;
    this.next = 1 + Math.max(0, ...this.added.map((addition) => addition.id));
    this.restored = this.count > 0;
  }

  private static read(report: string, version: number): Stored | undefined {
    try {
      const text = localStorage.getItem(keyOf(report, version));
      return text ? (JSON.parse(text) as Stored) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Versions older than `version` for which this browser still holds unsaved edits. */
  static olderThan(report: string, version: number): number[] {
    const found: number[] = [];
    for (let older = version - 1; older >= 1; --older) if (localStorage.getItem(keyOf(report, older))) found.push(older);
    return found;
  }

  get count(): number {
    return this.changed.size + this.added.length;
  }

  change(statement: string, text: string, was: string): void {
    if (text === was) this.changed.delete(statement);
    else this.changed.set(statement, text);
    this.keep();
  }
  undo(statement: string): void {
    this.changed.delete(statement);
    this.keep();
  }
  add(section: string, text: string): void {
    this.added.push({ id: this.next++, section, text });
    this.keep();
  }
  rewrite(id: number, text: string): void {
    this.added = text ? this.added.map((a) => (a.id === id ? { ...a, text } : a)) : this.added.filter((a) => a.id !== id);
    this.keep();
  }
  clear(): void {
    this.changed.clear();
    this.added = [];
    this.keep();
  }

  private keep(): void {
    const key = keyOf(this.report, this.version);
    try {
      if (this.count === 0) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify({ changed: [...this.changed], added: this.added } satisfies Stored));
    } catch {
      // Private windows may refuse storage; the edits still live in this page.
    }
  }

  edits(): StatementEdit[] {
    return [
      ...[...this.changed].map(([statement, text]) => ({ statement, text })),
      ...this.added.map(({ section, text }) => ({ section, text })),
    ];
  }
}

/** Each edit in one line, for people. */
export function editList(report: Report, pending: Pending): string[] {
  const was = new Map(report.statements?.map((statement) => [statement.id, statement.text]));
  return [
    ...[...pending.changed].map(([id, text]) => (text ? `Changed: ${text}` : `Struck out: ${was.get(id) ?? ''}`)),
    ...pending.added.map(({ text }) => `New: ${text}`),
  ];
}

/** One sentence that both sides touched. */
export interface Clash {
  id: string; ///< in the version edited here
  section: string;
  before: string;
  mine: string; ///< empty: struck out
  theirs: string; ///< empty: struck out
}

/** Which of my edits on `base` meet a sentence that `newest` has changed. */
export function clashes(mine: Pending, base: Report, newest: Report): Clash[] {
  const found: Clash[] = [];
  for (const [id, text] of mine.changed) {
    const before = base.statements?.find((statement) => statement.id === id);
    const theirs = successor(newest, id);
    if (!before || theirs?.id === id || (theirs?.text ?? '') === text) continue;
    found.push({ id, section: before.section, before: before.text, mine: text, theirs: theirs?.text ?? '' });
  }
  return found;
}

/** My edits moved onto `newest`; for sentences that both changed, `mineWins` decides. */
export function rebased(mine: Pending, base: Report, newest: Report, mineWins: (id: string) => boolean): Pending {
  const result = new Pending(newest.reportId, newest.number);
  const clashing = new Set(clashes(mine, base, newest).map((clash) => clash.id));
  for (const [id, text] of mine.changed) {
    if (clashing.has(id) && !mineWins(id)) continue;
    const target = successor(newest, id);
    const section = base.statements?.find((statement) => statement.id === id)?.section;
    if (target) result.change(target.id, text, target.text);
    else if (text && section) result.add(section, text); // they struck it out, I keep it: a new sentence
  }
  for (const addition of mine.added) result.add(addition.section, addition.text);
  return result;
}
