// What a study page knows: the study, the version worked on, and an older one looked at. No DOM here.

import * as api from './api.ts';
import { Pending } from './pending.ts';
import { writers } from './report_model.ts';
import type { Report } from './report_types.ts';
import { displayName } from './words.ts';

export class StudyState {
  detail?: api.StudyDetail;
  report?: Report; ///< the version worked on
  pending?: Pending; ///< edits on it
  browsed?: Report; ///< another version, read only
  private readonly seen = new Map<number, Report>(); ///< versions never change
  private names = new Map<string, string>();

  constructor(readonly uid: string) {}

  get shown(): Report | undefined {
    return this.browsed ?? this.report;
  }

  get newest(): number {
    return Math.max(this.detail?.report?.number ?? 0, ...(this.detail?.versions ?? []));
  }

  /** A person may go on from the newest version, and from their own that software drafts came after. */
  get canEdit(): boolean {
    const number = this.report?.number;
    return !this.browsed && number !== undefined && (number === this.detail?.report?.number || number === this.detail?.person?.number);
  }

  work(report: Report): void {
    delete this.browsed;
    this.report = report;
    this.pending = new Pending(report.reportId, report.number);
  }

  /** The newest version, or a person's where a software draft came after it. */
  take(detail: api.StudyDetail): void {
    this.detail = detail;
    const wanted = detail.person ?? detail.report;
    if (wanted) this.work(wanted);
  }

  async version(number: number): Promise<Report> {
    const known = this.seen.get(number) ?? (await api.version(this.report?.reportId ?? '', number));
    this.seen.set(number, known);
    return known;
  }

  /** Looks at version `number`; at the one worked on, the edits on it are there again. */
  async browse(number: number): Promise<void> {
    const editable = [this.report, this.detail?.report, this.detail?.person].find((report) => report?.number === number);
    if (!editable) this.browsed = await this.version(number);
    else if (editable.number === this.report?.number) delete this.browsed;
    else this.work(editable);
  }

  /** Who wrote a sentence of the version shown; undefined while not known. */
  writer(statement: string): string | undefined {
    return this.names.get(statement);
  }

  /** Finds who wrote what; true when a name is new. */
  async findWriters(): Promise<boolean> {
    const report = this.shown;
    if (!report) return false;
    const found = await writers(report, (number) => this.version(number));
    const before = this.names.size;
    for (const [id, who] of found) if (who) this.names.set(id, displayName(who.name));
    return this.names.size > before;
  }
}
