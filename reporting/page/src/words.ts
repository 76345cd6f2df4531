// What the page calls things: marks of sentences, labels of versions, states. One place, so that help, tooltips and
// banners say the same as the report's other faces (reporting/face_text.cpp).

import type { Name, Outcome, Report, ReportState, Statement, StudyRow, StudyState } from './report_types.ts';

/** Letter and words; colour is never the only sign. `style` is the class that colours it. */
export const outcomes: Record<Outcome, { letter: string; style: string; words: string; means: string }> = {
  verified: { letter: 'V', style: 'verified', words: 'verified', means: 'by measurement, within its uncertainty' },
  consistent: { letter: 'C', style: 'consistent', words: 'consistent', means: 'with its source: evidence in the picture and nothing against it, the image headers, or the order' },
  unverified: { letter: 'U', style: 'unverified', words: 'unverified', means: 'no check has confirmed this' },
  contradicted: { letter: 'X', style: 'contradicted', words: 'contradicted', means: 'a check speaks against it; left out of every outgoing report' },
  'not assessable': { letter: 'N', style: 'unassessed', words: 'not assessable', means: 'this cannot be checked here' },
};
export const person = { letter: 'P', style: 'person', words: 'by a person', means: 'written by a person, who is named beside it' };

/** What stands behind a mark when the check gave no reason of its own. */
const byCheck: Record<string, string> = {
  'copied-from-image-headers': 'from the image headers; not checked in the images',
  'quoted-from-the-order': 'from the order',
};
const pictured = 'evidence in the picture, nothing against it';

export interface Shown {
  letter: string;
  style: string;
  words: string;
  means: string;
}

/** How a sentence stands; undefined where there is nothing to check: what the program says of itself. */
export function markOf({ author, verification: { outcome, check = '', reason } }: Statement): Shown | undefined {
  if (author === 'person') return person;
  if (check === 'about-the-draft' || check === 'stated-by-the-program') return undefined;
  const known = outcomes[outcome];
  return { ...known, means: reason || byCheck[check] || (outcome === 'consistent' ? pictured : known.means) };
}

export const authors: Record<Statement['author'], string> = { geometry: 'measured', model: 'written by AI, not verified', person: 'by a person' };

const bySource: Record<string, string> = { 'copied-from-image-headers': '', 'quoted-from-the-order': '', 'about-the-draft': 'about this draft', 'stated-by-the-program': 'stated by the program' };
/** Who says it; empty where the mark explains it: what was copied, and what nobody measured. */
export const sourceOf = ({ author, verification: { check = '', outcome } }: Statement): string =>
  bySource[check] ?? (author === 'geometry' && outcome === 'not assessable' ? '' : authors[author]);

export function displayName(name: Name | undefined): string {
  const parts = [name?.prefix, name?.given, name?.middle, name?.family, name?.suffix].filter(Boolean);
  return parts.length ? parts.join(' ') : 'unnamed';
}

export const isSigned = (report: Report): boolean => ['final', 'corrected', 'appended'].includes(report.state);

/** The label above a version, word for word as on its other faces. */
export function labelOf({ state, signature, editedBy }: Report): string {
  if (state === 'withdrawn') return 'WITHDRAWN - this report was issued in error; do not use it. Not a medical device.';
  if (state === 'draft') return 'AI DRAFT - made by software, not reviewed, not for diagnosis. Not a medical device.';
  if (state === 'preliminary') return `AI DRAFT - made by software, edited by ${editedBy ? displayName(editedBy.name) : 'a person'}, not signed, not for diagnosis. Not a medical device.`;
  return `Software-assisted report; signed by ${displayName(signature?.signer.name)}. Not a medical device.`;
}

const stateWords: Record<StudyState, string> = {
  receiving: 'receiving',
  queued: 'queued',
  analysing: 'analysing',
  drafted: 'draft ready',
  signed: 'signed',
  unsuitable: 'no draft possible',
  failed: 'failed',
};

/** A signed version stands, and somebody has saved a correction that nobody has signed. */
export const correctionPending = ({ signedVersion = 0, version, reportState }: Pick<StudyRow, 'signedVersion' | 'version' | 'reportState'>): boolean =>
  signedVersion > 0 && version > signedVersion && reportState === 'preliminary';

export function stateOf(row: StudyRow): string {
  if (correctionPending(row)) return 'signed · correction pending';
  const report: ReportState | undefined = row.reportState;
  return row.state === 'drafted' && report === 'preliminary' ? 'preliminary' : row.state === 'signed' && report ? report : stateWords[row.state];
}
