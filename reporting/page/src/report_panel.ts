// The report by sections: read, point, edit in place, strike out, add.

import { outcomeChip, sentenceChip } from './chips.ts';
import { button, el, replace } from './dom.ts';
import type { Pending } from './pending.ts';
import { authors, difference, evidenceOf, lines, outcomes, sections, type Line } from './report_model.ts';
import type { Outcome, Report, Statement } from './report_types.ts';

export interface PanelActs {
  choose(statement: Statement): void;
  hover(statement: Statement | undefined): void;
  changed(): void;
}

const longestText = 8000;

export class ReportPanel {
  editing?: { finish: () => void };
  private report?: Report;
  private pending?: Pending;
  private writable = false;
  private selected = '';

  constructor(private readonly host: HTMLElement, private readonly acts: PanelActs) {}

  show(report: Report, pending: Pending, writable: boolean): void {
    this.report = report;
    this.pending = pending;
    this.writable = writable;
    this.draw();
  }

  select(id: string): void {
    this.selected = id;
    for (const row of this.host.querySelectorAll<HTMLElement>('[data-statement]')) row.classList.toggle('selected', row.dataset['statement'] === id);
  }

  finishEditing(): void {
    this.editing?.finish();
  }

  private changed(focus?: string): void {
    this.draw();
    this.acts.changed();
    if (focus) this.host.querySelector<HTMLElement>(`[data-statement="${CSS.escape(focus)}"] .sentence`)?.focus();
  }

  private draw(): void {
    const { report, pending } = this;
    if (!report || !pending) return;
    const all = lines(report);
    const parts: HTMLElement[] = [this.summary(all)];
    for (const [key, title] of sections) {
      const here = all.filter((line) => line.statement.section === key);
      const added = pending.added.filter((addition) => addition.section === key);
      if (here.length === 0 && added.length === 0 && !['findings', 'impression', 'recommendations'].includes(key)) continue;
      const heading = el('div', { class: 'part-head' }, el('h3', {}, title));
      const section = el('section', { class: 'part', 'data-section': key }, heading);
      const empty = here.length === 0 && added.length === 0;
      if (empty && !this.writable) continue;
      for (const line of here) section.append(this.line(line));
      for (const addition of added) section.append(this.addition(addition.id, addition.text));
      if (empty) section.append(el('div', { class: 'footnote none' }, 'Nothing here yet.'));
      if (this.writable) heading.append(button('+ Add', { class: 'add', title: 'Add a sentence', 'aria-label': `Add a sentence to ${title}` }, () => this.write(section, key)));
      parts.push(section);
    }
    replace(this.host, ...parts);
  }

  private summary(all: Line[]): HTMLElement {
    const row = el('div', { class: 'summary' });
    for (const outcome of Object.keys(outcomes) as Outcome[]) {
      const count = all.filter((line) => !line.statement.removed && line.statement.author !== 'person' && line.statement.verification.outcome === outcome).length;
      if (count) row.append(el('span', { class: 'summary-item' }, outcomeChip(outcome), `${count} ${outcomes[outcome].words}`));
    }
    const own = all.filter((line) => !line.statement.removed && line.statement.author === 'person').length;
    if (own) row.append(el('span', { class: 'summary-item' }, `${own} by a person`));
    return row;
  }

  private line({ statement, original }: Line): HTMLElement {
    const pending = this.pending as Pending;
    const edited = pending.changed.get(statement.id);
    const struck = statement.removed === true || edited === '';
    const classes = ['line', statement.author === 'person' ? 'person' : outcomes[statement.verification.outcome].style, struck ? 'struck' : '', edited !== undefined ? 'unsaved' : '', statement.id === this.selected ? 'selected' : ''];
    const pointing = this.report ? evidenceOf(this.report, statement).length > 0 : false;
    const sentence = el('div', { class: `sentence${pointing ? ' pointing' : ''}`, tabindex: 0, role: 'button', 'aria-label': `${outcomes[statement.verification.outcome].words}: ${edited || statement.text}` });
    const was = edited ? statement.text : original?.text;
    if (was !== undefined && !struck) this.putDifference(sentence, was, edited ?? statement.text);
    else sentence.textContent = statement.text;
    sentence.addEventListener('click', () => this.acts.choose(statement));
    sentence.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        this.acts.choose(statement);
      } else if (event.key === 'e' && this.writable && !statement.removed) {
        event.preventDefault();
        this.edit(statement, row);
      }
    });
    const row = el('div', { class: classes.filter(Boolean).join(' '), 'data-statement': statement.id },
      sentenceChip(statement),
      el('div', { class: 'text' }, sentence, this.footnote(statement, original, edited)));
    if (this.writable) row.append(this.lineTools(statement, edited, row));
    for (const [on, off] of [['mouseenter', 'mouseleave'], ['focusin', 'focusout']] as const) {
      row.addEventListener(on, () => this.acts.hover(statement));
      row.addEventListener(off, () => this.acts.hover(undefined));
    }
    return row;
  }

  private footnote(statement: Statement, original: Statement | undefined, edited: string | undefined): HTMLElement {
    const notes = [authors[statement.author]];
    if (original) notes[0] = `edited by a person (was ${authors[original.author]})`;
    if (statement.removed) notes.push('struck out');
    if (edited !== undefined) notes.push(edited === '' ? 'struck out, unsaved' : 'edited, unsaved');
    const outcome = statement.verification.outcome;
    if (outcome === 'contradicted') notes.push(statement.verification.reason || 'contradicted', 'left out of every outgoing report');
    else if (outcome !== 'verified' && statement.author !== 'person') notes.push(statement.verification.reason || outcomes[outcome].means);
    return el('div', { class: 'footnote' }, notes.join(' · '));
  }

  private lineTools(statement: Statement, edited: string | undefined, row: HTMLElement): HTMLElement {
    const box = el('div', { class: 'line-tools' });
    const pending = this.pending as Pending;
    if (edited !== undefined) {
      box.append(button('Undo', { title: 'Back to the saved text' }, () => {
        pending.undo(statement.id);
        this.changed(statement.id);
      }));
    }
    if (statement.removed) return box;
    box.append(button('Edit', { title: 'Edit this sentence — key E' }, () => this.edit(statement, row)));
    if (edited !== '') {
      box.append(button('Strike', { title: 'Strike this sentence out' }, () => {
        pending.change(statement.id, '', statement.text);
        this.changed(statement.id);
      }));
    }
    return box;
  }

  private addition(id: number, text: string): HTMLElement {
    const pending = this.pending as Pending;
    const row = el('div', { class: 'line unsaved added' }, el('span', { class: 'outcome person', title: 'new, by you', role: 'img', 'aria-label': 'new, by you' }, '+'),
      el('div', { class: 'text' }, el('div', { class: 'sentence' }, el('ins', {}, text)), el('div', { class: 'footnote' }, 'new, unsaved')));
    row.append(el('div', { class: 'line-tools' },
      button('Edit', {}, () => this.editor(row, text, (changed) => pending.rewrite(id, changed))),
      button('Remove', {}, () => {
        pending.rewrite(id, '');
        this.changed();
      })));
    return row;
  }

  private putDifference(host: HTMLElement, before: string, after: string): void {
    for (const piece of difference(before, after)) {
      if (piece.kind === 'same') host.append(piece.text);
      else host.append(el(piece.kind === 'new' ? 'ins' : 'del', {}, piece.text));
    }
  }

  private edit(statement: Statement, row: HTMLElement): void {
    const pending = this.pending as Pending;
    const now = pending.changed.get(statement.id) || statement.text;
    this.editor(row, now, (text) => pending.change(statement.id, text, statement.text), statement.id);
  }

  private write(host: HTMLElement, section: string): void {
    const row = el('div', { class: 'line unsaved added' });
    host.append(row);
    this.editor(row, '', (text) => text && this.pending?.add(section, text));
  }

  /** Turns a row into a text field; Ctrl+Enter or leaving it keeps the text, Escape does not. */
  private editor(row: HTMLElement, text: string, keep: (text: string) => void, focusAfter?: string): void {
    this.editing?.finish();
    const field = el('textarea', { class: 'editor', rows: 2, maxlength: longestText, 'aria-label': 'Sentence', spellcheck: 'true' });
    field.value = text;
    let open = true;
    const close = (save: boolean): void => {
      if (!open) return;
      open = false;
      delete this.editing;
      if (save) keep(field.value.trim());
      this.changed(focusAfter);
    };
    const grow = (): void => {
      field.style.height = 'auto';
      field.style.height = `${field.scrollHeight + 2}px`;
    };
    field.addEventListener('input', grow);
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' || (event.key === 'Enter' && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        close(event.key !== 'Escape');
      }
    });
    const done = button('Done', { class: 'primary', title: 'Ctrl+Enter' }, () => close(true));
    const cancel = button('Cancel', { class: 'quiet', title: 'Escape' }, () => close(false));
    cancel.addEventListener('mousedown', (event) => event.preventDefault()); // before the field's blur keeps the text
    field.addEventListener('blur', () => close(true));
    replace(row, el('div', { class: 'editing' }, field, el('div', { class: 'editing-tools' }, done, cancel)));
    this.editing = { finish: () => close(true) };
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    grow();
  }
}
