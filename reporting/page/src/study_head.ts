// Whose study it is, and what happens to it while there is no report.

import { stateChip } from './chips.ts';
import { button, el, moment } from './dom.ts';
import type { StudyRow } from './report_types.ts';

const joined = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(' · ');

/** "PHANTOM-7 · born 4 Feb 1956 · O". */
export const aboutPatient = ({ patient }: StudyRow): string =>
  joined(patient.id, patient.birthDate && `born ${moment(patient.birthDate)}`, patient.sex);

export function studyHead(row: StudyRow | undefined, help: () => void): Node[] {
  const brand = el('a', { class: 'brand', href: '/', 'data-inside': true, title: 'Back to the worklist' }, el('img', { src: '/mark.svg', alt: '', width: 26, height: 26 }), el('span', {}, 'Worklist'));
  const keys = button('?', { class: 'help-button', title: 'Keys — ?', 'aria-label': 'Keys and marks' }, help);
  if (!row) return [brand, el('span', { class: 'spring' }), keys];
  const name = row.patient.name || 'unnamed';
  const exam = joined(row.description || 'CT', row.accession && `Acc. ${row.accession}`, moment(row.started ?? row.received));
  return [
    brand,
    el('div', { class: 'patient' },
      el('div', { class: 'one-line', title: joined(name, aboutPatient(row)) }, el('strong', {}, name), el('span', { class: 'muted' }, aboutPatient(row))),
      el('div', { class: 'one-line exam', title: exam }, el('span', {}, exam))),
    stateChip(row),
    keys,
  ];
}

const words: Partial<Record<StudyRow['state'], string>> = {
  receiving: 'Images are still arriving. The draft begins when the sender has been quiet for a while.',
  queued: 'The study is complete and waits for a worker.',
  unsuitable: 'There is no draft for this study. The images are kept and can be read here.',
  failed: 'The analysis of this study failed. The images are kept and can be read here.',
};

export function waiting(row: StudyRow): HTMLElement {
  const percent = Math.round(row.progress * 100);
  return el('div', { class: 'empty waiting' }, stateChip(row),
    el('p', {}, words[row.state] ?? `${row.stage || 'The study is being analysed'} · ${percent} %`),
    row.state === 'analysing' ? el('progress', { max: 1, value: row.progress, 'aria-label': 'progress' }) : null,
    row.reason ? el('p', { class: 'reason' }, row.reason) : null,
    el('p', { class: 'muted' }, `${row.series} series · ${row.instances} images`));
}
