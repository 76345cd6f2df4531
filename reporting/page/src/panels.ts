// What stands below the report: numbers, series, deliveries, files, provenance.

import * as api from './api.ts';
import { outcomeChip } from './chips.ts';
import { button, el } from './dom.ts';
import type { ImageSeries } from './dicomweb.ts';
import { numberText, valueText } from './report_model.ts';
import type { DeliveryRow, Finding, Measurement, Report, SeriesUse } from './report_types.ts';

const panel = (title: string, ...content: (Node | null)[]): HTMLElement => {
  const made = el('section', { class: 'panel' }, el('h3', {}, title));
  for (const node of content) if (node) made.append(node);
  return made;
};

/** Its concept, or what the method says it is where one concept stands for several numbers of a finding. */
function quantity(finding: Finding, measurement: Measurement): string {
  const concept = measurement.concept?.meaning ?? measurement.id;
  const shared = (finding.measurements ?? []).filter((other) => other.concept?.meaning === concept).length > 1;
  return (shared && measurement.method?.split(/[;,(]/)[0]?.trim()) || concept.toLowerCase();
}

function measurementRow(finding: Finding, measurement: Measurement, choose: (finding: Finding) => void): HTMLElement {
  const decimals = measurement.decimals ?? 0;
  const name = [finding.laterality, finding.site?.meaning?.toLowerCase(), '–', quantity(finding, measurement)].filter(Boolean).join(' ');
  const row = el('tr', { 'data-finding': finding.id, tabindex: 0 },
    el('td', {}, outcomeChip(finding.verification.outcome, finding.verification.reason)),
    el('td', {}, el('div', {}, name.charAt(0).toUpperCase() + name.slice(1)),
      el('div', { class: measurement.notAssessed ? 'footnote' : 'footnote method', title: [measurement.method, ...(measurement.conditions ?? [])].join('\n') }, measurement.notAssessed || measurement.method || '')),
    el('td', { class: 'number' }, valueText(measurement)),
    el('td', { class: 'number muted' }, measurement.uncertainty === undefined || measurement.value === undefined ? '' : `± ${numberText(measurement.uncertainty, decimals)}`));
  row.addEventListener('click', () => choose(finding));
  row.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') choose(finding);
  });
  return row;
}

export function measurementTable(report: Report, choose: (finding: Finding) => void): HTMLElement | null {
  const rows = (report.findings ?? []).flatMap((finding) => (finding.measurements ?? []).map((measurement) => measurementRow(finding, measurement, choose)));
  if (rows.length === 0) return null;
  const head = el('tr', {}, ...['', 'Measurement and method', 'Value', '±'].map((name) => el('th', { scope: 'col' }, name)));
  return panel('Measurements', el('table', { class: 'measurements' }, el('thead', {}, head), el('tbody', {}, ...rows)));
}

export function seriesPanel(used: SeriesUse[], stored: ImageSeries[], shown: string, open: (uid: string) => void): HTMLElement | null {
  const byUid = new Map(used.map((series) => [series.uid, series]));
  const all = [...used, ...stored.filter((series) => !byUid.has(series.uid)).map((series): SeriesUse => ({ ...series }))];
  if (all.length === 0) return null;
  const list = el('ul', { class: 'series' });
  for (const series of all) {
    const title = `${series.number ?? '–'}  ${series.description || series.modality || 'series'}`;
    const there = stored.some((other) => other.uid === series.uid);
    const name = there ? button(title, { class: 'link', 'aria-pressed': String(series.uid === shown) }, () => open(series.uid)) : el('span', {}, title);
    list.append(el('li', { class: series.uid === shown ? 'shown' : '' },
      el('span', { class: `chip ${series.used ? 'used' : 'left'}` }, series.used ? 'read' : 'left out'),
      el('div', {}, name, el('span', { class: 'muted' }, ` ${series.instances ?? 0} images`), series.reason ? el('div', { class: 'footnote' }, series.reason) : null)));
  }
  return panel('Series', list);
}

const kinds: Record<string, string> = { oru: 'HL7 ORU', sr: 'DICOM SR' };

export function deliveriesPanel(rows: DeliveryRow[], resend: (row: DeliveryRow) => void): HTMLElement {
  const list = el('ul', { class: 'deliveries' });
  for (const row of rows) {
    const again = row.state === 'dead' || row.state === 'waiting';
    list.append(el('li', {}, el('span', { class: `chip delivery-${row.state}` }, row.state === 'dead' ? 'not delivered' : row.state),
      el('div', {}, `${row.destination} · ${kinds[row.kind] ?? row.kind} · version ${row.version}`,
        row.lastError && row.state !== 'delivered' ? el('div', { class: 'footnote' }, `${row.lastError} (${row.attempts} ${row.attempts === 1 ? 'try' : 'tries'})`) : null),
      again ? button('Send again', { class: 'quiet', 'data-resend': row.destination }, () => resend(row)) : null));
  }
  return panel('Deliveries', list);
}

export function downloads(report: Report, versions: number[]): HTMLElement {
  const faces = [['text', 'Text'], ['html', 'HTML'], ['sr', 'DICOM SR'], ['', 'JSON']] as const;
  const links = el('p', { class: 'downloads' }, `Version ${report.number} of ${Math.max(report.number, ...versions)}: `);
  for (const [face, label] of faces) links.append(el('a', { href: api.faceUrl(report.reportId, report.number, face), download: face ? true : `report-v${report.number}.json` }, label), ' ');
  return panel('Files', links);
}

export function provenance(report: Report): HTMLElement {
  const { provenance: from } = report;
  const facts: [string, string][] = [
    ['Made by', [from?.product ?? 'Tomoscribe', from?.codeVersion].filter(Boolean).join(' ')],
    ['Language model', from?.modelName || 'none: measured findings only'],
    ['Weights', from?.weightsChecksum ?? ''],
    ['Steps', (from?.steps ?? []).join('; ')],
    ['Report', report.reportId],
  ];
  const list = el('dl', {});
  for (const [name, value] of facts) if (value) list.append(el('dt', {}, name), el('dd', {}, value));
  return el('details', { class: 'panel' }, el('summary', {}, 'Where this draft comes from'), list);
}
