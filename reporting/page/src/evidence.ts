// From findings to places in the images.

import type { Mark } from './overlay.ts';
import type { Evidence, Finding, Report } from './report_types.ts';
import type { Tick } from './viewer.ts';
import { outcomes } from './words.ts';

const all = (report: Report): { finding: Finding; evidence: Evidence }[] =>
  (report.findings ?? []).flatMap((finding) => (finding.evidence ?? []).map((evidence) => ({ finding, evidence })));

export const marksOf = (report: Report, lit: Set<string>): Mark[] =>
  all(report).filter(({ finding }) => lit.has(finding.id)).map(({ finding, evidence }) => ({
    instance: evidence.instance,
    frame: evidence.frame ?? 1,
    outlines: (evidence.regions ?? []).map((region) => region.outline),
    ...(evidence.pointMm ? { point: evidence.pointMm } : {}),
    label: `${outcomes[finding.verification.outcome].letter} · ${evidence.caption ?? finding.title ?? finding.site?.meaning ?? ''}`,
    style: outcomes[finding.verification.outcome].style,
  }));

export const ticksOf = (report: Report): Tick[] =>
  all(report).map(({ evidence }) => ({ series: evidence.series, instance: evidence.instance, frame: evidence.frame ?? 1, label: evidence.caption ?? '' }));
