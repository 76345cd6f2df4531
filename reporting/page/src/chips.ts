// Small labels: colour and word (or letter) always together.

import { el } from './dom.ts';
import { outcomes } from './report_model.ts';
import type { Outcome, ReportState, Statement, StudyState } from './report_types.ts';

const stateWords: Record<StudyState, string> = {
  receiving: 'receiving',
  queued: 'queued',
  analysing: 'analysing',
  drafted: 'draft ready',
  signed: 'signed',
  unsuitable: 'no draft possible',
  failed: 'failed',
};

export function stateChip(state: StudyState, report?: ReportState): HTMLElement {
  const words = state === 'drafted' && report === 'preliminary' ? 'preliminary' : state === 'signed' && report ? report : stateWords[state];
  return el('span', { class: `chip state-${state}` }, words);
}

/** How a sentence stands: a person's own word needs no check. */
export const sentenceChip = ({ author, verification }: Statement): HTMLElement =>
  author === 'person' ? el('span', { class: 'outcome person', title: 'written by a person', role: 'img', 'aria-label': 'written by a person' }, 'P') : outcomeChip(verification.outcome, verification.reason);

export function outcomeChip(outcome: Outcome, reason?: string): HTMLElement {
  const { letter, style, words, means } = outcomes[outcome];
  const title = `${words}: ${reason || means}`;
  return el('span', { class: `outcome ${style}`, title, role: 'img', 'aria-label': title }, letter);
}
