// What stands below the report: numbers, deliveries, files, provenance.

import * as api from './api.ts';
import { outcomeChip } from './chips.ts';
import { button, el } from './dom.ts';
import { measurementTitle, numberText, valueText } from './report_model.ts';
import type { DeliveryRow, Finding, Measurement, Report } from './report_types.ts';

const panel = (title: string, ...content: (Node | null)[]): HTMLElement => {
  const made = el('section', { class: 'panel' }, el('h3', {}, title));
  for (const node of content) if (node) made.append(node);
  return made;
};

function measurementRow(finding: Finding, measurement: Measurement, choose: (finding: Finding) => void): HTMLElement {
  const decimals = measurement.decimals ?? 0;
  const chip = measurement.notAssessed ? outcomeChip('not assessable', measurement.notAssessed) : outcomeChip(finding.verification.outcome, finding.verification.reason);
  const row = el('tr', { 'data-finding': finding.id, tabindex: 0 },
    el('td', {}, chip),
    el('td', {}, el('div', {}, measurementTitle(finding, measurement)),
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

export function downloads(report: Report, newest: number): HTMLElement {
  const faces = [['text', 'Text'], ['html', 'HTML'], ['sr', 'DICOM SR'], ['', 'JSON']] as const;
  const links = el('p', { class: 'downloads' }, `Version ${report.number} of ${newest}: `);
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
