// The report by sections: read, point, edit in place, strike out, add.

import { markChip } from './chips.ts';
import { button, el, replace } from './dom.ts';
import type { Addition, Pending } from './pending.ts';
import { reportLine } from './report_line.ts';
import { evidenceOf, lines, sections, type Line } from './report_model.ts';
import type { Report, Statement } from './report_types.ts';
import { editSentence } from './sentence_editor.ts';
import { isSigned, markOf, outcomes, person, type Shown } from './words.ts';

export interface PanelActs {
  choose(statement: Statement): void;
  hover(statement: Statement | undefined): void;
  changed(): void;
  writer(statement: Statement): string | undefined;
}

export class ReportPanel {
  private finish: (() => void) | undefined; ///< ends the edit under way, keeping its text
  private report?: Report;
  private pending?: Pending;
  private writable = false;
  private selected = '';
  private readonly opened = new Set<string>(); ///< sentences of a signed version that show what they were

  constructor(private readonly host: HTMLElement, private readonly acts: PanelActs) {}

  get editing(): boolean {
    return this.finish !== undefined;
  }

  show(report: Report, pending: Pending, writable: boolean): void {
    this.report = report;
    this.pending = pending;
    this.writable = writable;
    this.draw();
  }

  redraw(): void {
    if (!this.editing) this.draw();
  }

  select(id: string): void {
    this.selected = id;
    for (const row of this.rows()) row.classList.toggle('selected', row.dataset['statement'] === id);
  }

  focus(id: string): void {
    const row = this.rows(`="${CSS.escape(id)}"`)[0];
    row?.querySelector<HTMLElement>('.sentence')?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: 'nearest' });
  }

  finishEditing(): void {
    this.finish?.();
  }

  private rows(which = ''): HTMLElement[] {
    return [...this.host.querySelectorAll<HTMLElement>(`[data-statement${which}]`)];
  }

  private changed(focus?: string): void {
    this.draw();
    this.acts.changed();
    if (focus && document.activeElement === document.body) this.focus(focus);
  }

  private draw(): void {
    const { report, pending } = this;
    if (!report || !pending) return;
    const focused = document.activeElement?.closest<HTMLElement>('[data-statement]');
    const all = lines(report);
    const parts: HTMLElement[] = [this.summary(all)];
    for (const [key, title] of sections) {
      const here = all.filter((line) => line.statement.section === key);
      const added = this.writable ? pending.added.filter((addition) => addition.section === key) : [];
      const empty = here.length === 0 && added.length === 0;
      if (empty && !(this.writable && ['findings', 'impression', 'recommendations'].includes(key))) continue;
      const heading = el('div', { class: 'part-head' }, el('h3', {}, title));
      const section = el('section', { class: 'part', 'data-section': key }, heading, ...here.map((line) => this.line(line)), ...added.map((addition) => this.addition(addition)));
      if (empty) section.append(el('div', { class: 'footnote none' }, 'Nothing here yet.'));
      if (this.writable) heading.append(button('+ Add', { class: 'add', title: 'Add a sentence', 'aria-label': `Add a sentence to ${title}` }, () => this.write(key)));
      parts.push(section);
    }
    replace(this.host, ...parts);
    if (focused && this.host.contains(focused) === false) this.focus(focused.dataset['statement'] ?? '');
  }

  /** How many sentences stand how; what needs no check is not counted. */
  private summary(all: Line[]): HTMLElement {
    const marks = all.filter(({ statement }) => !statement.removed).map(({ statement }) => markOf(statement));
    const kinds: Shown[] = [...Object.values(outcomes), person];
    const items = kinds.map((kind) => ({ kind, count: marks.filter((mark) => mark?.letter === kind.letter).length })).filter(({ count }) => count > 0);
    return el('div', { class: 'summary' }, ...items.map(({ kind, count }) => el('span', { class: 'summary-item' }, markChip(kind), `${count} ${kind.words}`)));
  }

  private line(line: Line): HTMLElement {
    const { statement } = line;
    const { id } = statement;
    const pending = this.pending as Pending;
    const report = this.report as Report;
    const row = reportLine(line, {
      edited: this.writable ? pending.changed.get(id) : undefined,
      writable: this.writable,
      signed: isSigned(report),
      opened: this.opened.has(id),
      writer: this.acts.writer(statement),
      evidence: evidenceOf(report, statement),
    }, {
      choose: () => this.acts.choose(statement),
      edit: () => this.edit(() => this.rows(`="${CSS.escape(id)}"`)[0], pending.changed.get(id) || statement.text, (text) => pending.change(id, text, statement.text), id),
      strike: () => {
        pending.change(id, '', statement.text);
        this.changed(id);
      },
      undo: () => {
        pending.undo(id);
        this.changed(id);
      },
      toggle: () => {
        if (!this.opened.delete(id)) this.opened.add(id);
        this.draw();
      },
    });
    row.classList.toggle('selected', id === this.selected);
    for (const [on, off] of [['mouseenter', 'mouseleave'], ['focusin', 'focusout']] as const) {
      row.addEventListener(on, () => this.acts.hover(statement));
      row.addEventListener(off, () => this.acts.hover(undefined));
    }
    return row;
  }

  private addition({ id, text }: Addition): HTMLElement {
    const pending = this.pending as Pending;
    const edit = (): void => this.edit(() => this.host.querySelector<HTMLElement>(`[data-addition="${id}"]`), text, (changed) => pending.rewrite(id, changed));
    const remove = (): void => {
      pending.rewrite(id, '');
      this.changed();
    };
    const sentence = el('div', { class: 'sentence', tabindex: 0, role: 'button' }, el('ins', {}, text));
    sentence.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') edit();
      else if (event.key === 'Delete') remove();
      else return;
      event.preventDefault();
    });
    return el('div', { class: 'line unsaved added', 'data-addition': id }, markChip({ ...person, letter: '+', words: 'new', means: 'by you, unsaved' }),
      el('div', { class: 'text' }, sentence, el('div', { class: 'under' }, el('div', { class: 'footnote' }, 'new, unsaved'),
        el('div', { class: 'line-tools' }, button('Edit', { tabindex: -1 }, edit), button('Remove', { tabindex: -1 }, remove)))));
  }

  private write(section: string): void {
    this.edit(() => {
      const row = el('div', { class: 'line unsaved added' });
      this.host.querySelector(`[data-section="${section}"]`)?.append(row);
      return row;
    }, '', (text) => text && this.pending?.add(section, text));
  }

  /** `find` gives the row once the edit before it has ended, which draws all rows anew. */
  private edit(find: () => HTMLElement | null | undefined, text: string, keep: (text: string) => void, focusAfter?: string): void {
    this.finish?.();
    const row = find();
    if (!row) return;
    this.finish = editSentence(row, text, (written) => {
      this.finish = undefined;
      if (written !== undefined) keep(written);
      this.changed(focusAfter);
    });
  }
}
