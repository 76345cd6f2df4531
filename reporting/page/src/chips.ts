// Small labels: colour and word (or letter) always together.

import { el } from './dom.ts';
import type { Outcome, Statement, StudyRow } from './report_types.ts';
import { correctionPending, markOf, outcomes, stateOf, type Shown } from './words.ts';

export const stateChip = (row: StudyRow): HTMLElement =>
  el('span', { class: `chip state-${correctionPending(row) ? 'correction' : row.state}` }, stateOf(row));

export function markChip({ letter, style, words, means }: Shown): HTMLElement {
  const title = `${words}: ${means}`;
  return el('span', { class: `outcome ${style}`, title, role: 'img', 'aria-label': title }, letter);
}

/** How a sentence stands, or a blank of the same width where there is nothing to check. */
export const chipOf = (mark: Shown | undefined): HTMLElement => (mark ? markChip(mark) : el('span', { class: 'outcome blank', 'aria-hidden': 'true' }));
export const sentenceChip = (statement: Statement): HTMLElement => chipOf(markOf(statement));

export const outcomeChip = (outcome: Outcome, reason?: string): HTMLElement =>
  markChip({ ...outcomes[outcome], ...(reason ? { means: reason } : {}) });
