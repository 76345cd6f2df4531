// One sentence of the report: its mark, its words, what they were, and what can be done with it.

import { chipOf } from './chips.ts';
import { difference } from './difference.ts';
import { button, el, put } from './dom.ts';
import type { Line } from './report_model.ts';
import type { Evidence } from './report_types.ts';
import { authors, markOf, person, sourceOf } from './words.ts';

export interface LineState {
  edited: string | undefined; ///< unsaved text; empty: struck out
  writable: boolean;
  signed: boolean; ///< then the words stand clean, and what they were is shown on request
  opened: boolean; ///< that request
  writer: string | undefined;
  evidence: Evidence[];
}

const unsaved = { ...person, means: 'by you, unsaved' };

export interface LineActs {
  choose(): void;
  edit(): void;
  strike(): void;
  undo(): void;
  toggle(): void;
}

function putDifference(host: HTMLElement, before: string, after: string): void {
  const pieces = difference(before, after);
  const whole = !pieces.some(({ kind }) => kind === 'same');
  pieces.forEach(({ kind, text }, i) =>
    put(host, i > 0 && !whole && ' ', kind === 'same' ? text : el(kind === 'new' ? 'ins' : 'del', whole ? { class: 'whole' } : {}, text)));
}

function place(evidence: Evidence[]): HTMLElement {
  const image = evidence[0]?.image;
  const more = evidence.length > 1 ? ` +${evidence.length - 1}` : '';
  return el('span', { class: 'place', title: 'Show the place in the images — Space', 'aria-hidden': 'true' }, image === undefined ? '◎' : `◎ ${image}${more}`);
}

/** Words under a sentence: who says it, and what stands behind its mark unless the sentence says so itself. */
function footnote({ statement, original }: Line, { edited, writer }: LineState): string {
  const by = writer ?? 'a person';
  const own = statement.author === 'person';
  const notes = [!own ? sourceOf(statement) : original ? `edited by ${by} (was ${sourceOf(original) || authors[original.author]})` : `written by ${by}`];
  if (statement.removed) notes.push('struck out');
  if (edited === '') notes.push('struck out, unsaved');
  else if (edited !== undefined) return `edited by you, unsaved (was ${notes[0] || authors[statement.author]})`;
  const { outcome } = statement.verification;
  const means = own || outcome === 'verified' ? '' : (markOf(statement)?.means ?? '');
  const said = statement.text.toLowerCase().includes(means.toLowerCase().replace(/\.$/, ''));
  if (means && !said) notes.push(means);
  if (outcome === 'contradicted' && !own && !means.includes('left out')) notes.push('left out of every outgoing report');
  return notes.filter(Boolean).join(' · ');
}

// Sentences are the stops of the Tab key; their buttons have keys on them instead.
function tools({ statement }: Line, { edited, writable, signed, opened }: LineState, acts: LineActs, changed: boolean): HTMLElement {
  const tool = (label: string, title: string, act: () => void): HTMLElement => button(label, { title, tabindex: -1 }, act);
  const box = el('div', { class: 'line-tools' });
  if (writable && edited !== undefined) put(box, tool('Undo', 'Back to the saved text — key U', acts.undo));
  if (writable && !statement.removed) put(box, tool('Edit', 'Edit this sentence — Enter', acts.edit), edited !== '' && tool('Strike', 'Strike this sentence out — Delete', acts.strike));
  if (changed && signed && edited === undefined) put(box, button(opened ? 'hide change' : 'changed', { title: 'What the draft said — key C', tabindex: -1, class: 'toggle', 'aria-pressed': String(opened) }, acts.toggle));
  return box;
}

function keys(event: KeyboardEvent, { statement }: Line, { edited, writable }: LineState, acts: LineActs): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const editable = writable && !statement.removed;
  const key = event.key.toLowerCase();
  if (key === ' ' || (key === 'enter' && !editable)) acts.choose();
  else if ((key === 'enter' || key === 'e') && editable) acts.edit();
  else if (key === 'delete' && editable && edited !== '') acts.strike();
  else if (key === 'u' && edited !== undefined) acts.undo();
  else if (key === 'c') acts.toggle();
  else return false;
  return true;
}

export function reportLine(line: Line, state: LineState, acts: LineActs): HTMLElement {
  const { statement, original } = line;
  const { edited, signed, opened, evidence } = state;
  const struck = statement.removed === true || edited === '';
  const was = edited ? statement.text : original?.text;
  const changed = was !== undefined && !struck;
  const mark = edited ? unsaved : markOf(statement);
  const sentence = el('div', { class: `sentence${evidence.length ? ' pointing' : ''}`, tabindex: 0, role: 'button', 'aria-label': `${mark ? `${mark.words}: ` : ''}${edited || statement.text}` });
  if (changed && (!signed || opened || edited)) putDifference(sentence, was, edited ?? statement.text);
  else sentence.textContent = statement.text;
  if (statement.author === 'model' && !edited) sentence.prepend(el('strong', { class: 'by-ai' }, 'AI'), ' ');
  if (evidence.length) put(sentence.querySelector('ins.whole') ?? sentence, ' ', place(evidence));
  sentence.addEventListener('click', () => acts.choose());
  sentence.addEventListener('keydown', (event) => {
    if (keys(event, line, state, acts)) event.preventDefault();
  });
  const classes = ['line', mark?.style ?? 'unmarked', struck && 'struck', edited !== undefined && 'unsaved'].filter(Boolean).join(' ');
  return el('div', { class: classes, 'data-statement': statement.id }, chipOf(mark),
    el('div', { class: 'text' }, sentence, el('div', { class: 'under' }, el('div', { class: 'footnote' }, footnote(line, state)), tools(line, state, acts, changed))));
}
