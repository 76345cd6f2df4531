// What the page needs to know about a report beyond its fields; no DOM here.

import type { Evidence, Finding, Measurement, Report, Statement } from './report_types.ts';
import { isSigned } from './words.ts';

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

/** A sentence as it stands: its text, what it replaced, and whether a person struck it out. */
export interface Line {
  statement: Statement;
  original?: Statement;
}

/** Sentences not replaced by others, in order; struck out ones are among them. What a draft says of itself ends with it. */
export function lines(report: Report): Line[] {
  const all = (report.statements ?? []).filter(({ verification }) => verification.check !== 'about-the-draft' || !isSigned(report));
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

/** What a reader calls a measurement: "Right lung – aerated volume". */
export function measurementTitle(finding: Finding, measurement: Measurement): string {
  const subject = finding.title ?? [finding.laterality, finding.site?.meaning?.toLowerCase()].filter(Boolean).join(' ');
  const concept = measurement.concept?.meaning ?? measurement.id;
  // One concept may stand for several numbers of a finding: then its method tells them apart.
  const shared = (finding.measurements ?? []).filter((other) => other.concept?.meaning === concept).length > 1;
  const quantity = measurement.name ?? ((shared && measurement.method?.split(/[;,(]/)[0]?.trim()) || concept.toLowerCase());
  const title = [subject, quantity].filter(Boolean).join(' – ');
  return title.charAt(0).toUpperCase() + title.slice(1);
}

/** Sentences in force that lead to a place in the images, in reading order. */
export const pointing = (report: Report): Statement[] =>
  lines(report).map(({ statement }) => statement).filter((statement) => !statement.removed && evidenceOf(report, statement).length > 0);

/**
 * Who wrote each sentence of a person: the editor of the first version that has it. `load` gives an older version.
 * Edits name no author of their own; versions never change, so the walk back is exact.
 */
export async function writers(report: Report, load: (number: number) => Promise<Report>): Promise<Map<string, Report['editedBy']>> {
  const found = new Map<string, Report['editedBy']>();
  let open = (report.statements ?? []).filter(({ author }) => author === 'person').map(({ id }) => id);
  for (let version = report; open.length > 0; ) {
    const older = version.predecessor ? await load(version.predecessor) : undefined;
    const there = new Set((older?.statements ?? []).map(({ id }) => id));
    for (const id of open) if (!there.has(id)) found.set(id, version.editedBy);
    open = open.filter((id) => there.has(id));
    if (!older) break;
    version = older;
  }
  return found;
}
