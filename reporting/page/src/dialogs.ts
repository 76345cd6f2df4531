// What to do with edits: whose sentence stands, and whether to drop them.

import { ask } from './ask.ts';
import { el } from './dom.ts';
import { editList, type Clash, type Pending } from './pending.ts';
import { sections } from './report_model.ts';
import type { Report } from './report_types.ts';

export function confirmDiscard(report: Report, pending: Pending): Promise<true | undefined> {
  const list = el('ul', { class: 'edit-list' }, ...editList(report, pending).map((text) => el('li', {}, text)));
  return ask(`Discard ${pending.count} unsaved change${pending.count === 1 ? '' : 's'}?`, [list, el('p', { class: 'muted' }, 'They stand nowhere else, and cannot be brought back.')], 'Discard', () => true as const);
}

/** Somebody else made a version: whose sentence stands where both changed one? Resolves with that choice by statement id. */
export async function mergeDialog(base: Report, newest: Report, found: Clash[], mine: number): Promise<((id: string) => boolean) | undefined> {
  const titles = new Map(sections);
  const choices = new Map<string, HTMLInputElement>();
  const shown = (text: string): string => text || '(struck out)';
  const list = el('div', { class: 'clashes' });
  found.forEach((clash, i) => {
    const ours = el('input', { type: 'radio', name: `clash-${i}`, value: 'mine', required: true });
    const theirs = el('input', { type: 'radio', name: `clash-${i}`, value: 'theirs', required: true });
    choices.set(clash.id, ours);
    list.append(el('fieldset', {}, el('legend', {}, titles.get(clash.section) ?? clash.section),
      el('div', { class: 'footnote' }, `Before: ${clash.before}`),
      el('label', { class: 'check' }, ours, el('div', {}, el('strong', {}, 'Mine: '), shown(clash.mine))),
      el('label', { class: 'check' }, theirs, el('div', {}, el('strong', {}, 'Theirs: '), shown(clash.theirs)))));
  });
  const summary = found.length
    ? `You edited version ${base.number}; version ${newest.number} is newer. ${found.length} sentence${found.length === 1 ? ' was' : 's were'} changed on both sides. Choose one of each; nothing is lost without your choice.`
    : `You edited version ${base.number}; version ${newest.number} is newer, but touched none of your sentences. Your ${mine} change${mine === 1 ? '' : 's'} can move over as they are.`;
  const agreed = await ask('A newer version exists', [el('p', {}, summary), list], `Continue on version ${newest.number}`, () => true);
  return agreed ? (id) => choices.get(id)?.checked ?? true : undefined;
}
