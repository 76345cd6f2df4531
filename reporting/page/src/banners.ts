// What stands above the report: its label, and how the version shown relates to the others.

import { button, el, moment } from './dom.ts';
import { Pending } from './pending.ts';
import type { Report } from './report_types.ts';
import type { StudyState } from './study_state.ts';
import { correctionPending, displayName, isSigned, labelOf } from './words.ts';

export interface BannerActs {
  show(version: number): void;
  merge(newest: number): void;
  mergeOld(version: number): void;
  redraw(): void;
}

const note = (words: string, ...buttons: HTMLElement[]): HTMLElement => el('div', { class: 'banner newer' }, el('span', { class: 'grow' }, words), ...buttons);

/** Which version is shown; a choice where there are several. */
function versionChoice(report: Report, state: StudyState, acts: BannerActs): HTMLElement {
  const versions = state.detail?.versions ?? [];
  if (versions.length < 2) return el('span', {}, `Version ${report.number}`);
  const choice = el('select', { class: 'version-choice', 'aria-label': 'Version shown' });
  const signed = state.detail?.study.signedVersion;
  for (const number of [...versions].reverse()) {
    const what = number === signed ? ', signed' : number === state.newest ? ', newest' : '';
    choice.append(el('option', { value: number, selected: number === report.number }, `Version ${number} of ${state.newest}${what}`));
  }
  choice.addEventListener('change', () => acts.show(Number(choice.value)));
  return choice;
}

function label(report: Report, state: StudyState, acts: BannerActs): HTMLElement {
  return el('div', { class: `banner ${isSigned(report) ? 'signed' : 'ai'}` }, el('span', { class: `chip report-${report.state}` }, report.state),
    el('span', { class: 'grow' }, labelOf(report)),
    el('span', { class: 'version' }, el('span', {}, moment(report.signature?.when ?? report.created)), versionChoice(report, state, acts)));
}

/** The page's word on versions beside the one shown; undefined when there is none. */
function standing(report: Report, { detail, browsed, newest }: StudyState, acts: BannerActs): HTMLElement | undefined {
  const { report: draft, person } = detail ?? {};
  if (browsed) {
    const by = browsed.signature ? `, signed by ${displayName(browsed.signature.signer.name)}` : browsed.editedBy ? `, edited by ${displayName(browsed.editedBy.name)}` : '';
    return note(`Version ${browsed.number} of ${newest}${by}: to read only.`, button('Back to the newest', {}, () => acts.show(person?.number ?? newest)));
  }
  if (person && draft) {
    const shown = report.number === person.number;
    const whose = isSigned(person) ? 'the signed version' : "a person's version";
    return note(`Images or an order arrived later: software draft ${draft.number} stands beside ${whose} ${person.number}.`,
      button(shown ? 'Show the new draft' : isSigned(person) ? 'Show the signed report' : "Show the person's version", {}, () => acts.show(shown ? draft.number : person.number)));
  }
  if (draft && draft.number > report.number)
    return note(`Somebody made version ${draft.number} while you edited version ${report.number}.`, button('Merge…', {}, () => acts.merge(draft.number)));
  const row = detail?.study;
  if (row && correctionPending(row)) {
    const signed = row.signedVersion ?? 0;
    return note(`Signed version ${signed} stands; version ${report.number} is an unsigned correction.`, button('Show the signed version', {}, () => acts.show(signed)));
  }
  return undefined;
}

function leftOver(report: Report, acts: BannerActs): HTMLElement | undefined {
  const older = Pending.olderThan(report.reportId, report.number);
  const from = older[0];
  if (from === undefined) return undefined;
  return note(`This browser holds unsaved edits made on version ${from}.`,
    button('Bring them here…', {}, () => acts.mergeOld(from)),
    button('Forget them', { class: 'quiet' }, () => {
      for (const version of older) new Pending(report.reportId, version).clear();
      acts.redraw();
    }));
}

export function banners(state: StudyState, acts: BannerActs): HTMLElement[] {
  const report = state.shown;
  if (!report) return [];
  const left = state.canEdit && state.pending?.count === 0 ? leftOver(report, acts) : undefined;
  return [label(report, state, acts), standing(report, state, acts), left].filter((one) => one !== undefined);
}
