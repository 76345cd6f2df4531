// What the page needs to know about a report beyond its fields; no DOM here.

import type { Evidence, Finding, Measurement, Name, Outcome, Report, Statement } from './report_types.ts';

export const sections: [string, string][] = [
  ['examination', 'Examination'],
  ['indication', 'Indication'],
  ['technique', 'Technique'],
  ['comparison', 'Comparison'],
  ['findings', 'Findings'],
  ['impression', 'Impression'],
  ['recommendations', 'Recommendations'],
  ['limitations', 'Limitations'],
];

/** Letter and words as in reporting/report.h: colour is never the only sign; `style` is the class that colours it. */
export const outcomes: Record<Outcome, { letter: string; style: string; words: string; means: string }> = {
  verified: { letter: 'V', style: 'verified', words: 'verified', means: 'measured, and within its uncertainty' },
  consistent: { letter: 'C', style: 'consistent', words: 'consistent', means: 'evidence in the picture, nothing against it' },
  unverified: { letter: 'U', style: 'unverified', words: 'unverified', means: 'no check has confirmed this' },
  contradicted: { letter: 'X', style: 'contradicted', words: 'contradicted', means: 'a check speaks against it; left out of every outgoing report' },
  'not assessable': { letter: 'N', style: 'unassessed', words: 'not assessed', means: 'this cannot be checked here' },
};

export const authors: Record<Statement['author'], string> = { geometry: 'measured', model: 'by AI', person: 'by a person' };

export const isSigned = (report: Report): boolean => ['final', 'corrected', 'appended'].includes(report.state);

/** A sentence as it stands: its text, what it replaced, and whether a person struck it out. */
export interface Line {
  statement: Statement;
  original?: Statement;
}

/** Sentences not replaced by others, in order; struck out ones are among them. */
export function lines(report: Report): Line[] {
  const all = report.statements ?? [];
  const byId = new Map(all.map((statement) => [statement.id, statement]));
  const replaced = new Set(all.map((statement) => statement.replaces).filter(Boolean));
  return all
    .filter((statement) => !replaced.has(statement.id))
    .map((statement) => {
      let original = statement.replaces ? byId.get(statement.replaces) : undefined;
      while (original?.replaces && byId.has(original.replaces)) original = byId.get(original.replaces);
      return original ? { statement, original } : { statement };
    });
}

/** The sentence in force that stands where `id` once stood; undefined when it was struck out or is unknown. */
export function successor(report: Report, id: string): Statement | undefined {
  const all = report.statements ?? [];
  let found = all.find((statement) => statement.id === id);
  for (let steps = 0; found && steps <= all.length; ++steps) {
    const next = all.find((statement) => statement.replaces === found?.id);
    if (!next) break;
    found = next;
  }
  return found?.removed ? undefined : found;
}

export const findingsOf = (report: Report, statement: Statement): Finding[] =>
  (statement.findings ?? []).flatMap((id) => (report.findings ?? []).filter((finding) => finding.id === id));

export const evidenceOf = (report: Report, statement: Statement): Evidence[] =>
  findingsOf(report, statement).flatMap((finding) => finding.evidence ?? []);

export function numberText(value: number, decimals: number): string {
  return value.toFixed(Math.max(0, Math.min(decimals, 6)));
}

export function valueText(measurement: Measurement): string {
  if (measurement.value === undefined) return 'not assessed';
  const unit = measurement.unit?.value ?? '';
  const shown = unit === '1' || unit === '{ratio}' ? '' : unit;
  return `${measurement.lowerBound ? '≥ ' : ''}${numberText(measurement.value, measurement.decimals ?? 0)} ${shown}`.trim();
}

export function displayName(name: Name | undefined): string {
  const parts = [name?.prefix, name?.given, name?.middle, name?.family, name?.suffix].filter(Boolean);
  return parts.length ? parts.join(' ') : 'unnamed';
}

export type Piece = { kind: 'same' | 'gone' | 'new'; text: string };

/** Word by word difference (longest common subsequence). */
export function difference(before: string, after: string): Piece[] {
  const a = before.split(/(\s+)/).filter(Boolean);
  const b = after.split(/(\s+)/).filter(Boolean);
  if (a.length * b.length > 1_000_000) return [{ kind: 'gone', text: before }, { kind: 'new', text: after }];
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => length[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; --i)
    for (let j = b.length - 1; j >= 0; --j)
      length[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pieces: Piece[] = [];
  const add = (kind: Piece['kind'], text: string): void => {
    const last = pieces.at(-1);
    if (last?.kind === kind) last.text += text;
    else pieces.push({ kind, text });
  };
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add('same', a[i] ?? '');
      ++i;
      ++j;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      add('gone', a[i++] ?? '');
    } else {
      add('new', b[j++] ?? '');
    }
  }
  return pieces;
}
