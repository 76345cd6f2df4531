// The worklist: what has arrived, and where each study stands.

import * as api from './api.ts';
import { button, el, moment, replace } from './dom.ts';
import { stateChip } from './chips.ts';
import type { StudyRow } from './report_types.ts';

const order: StudyRow['state'][] = ['drafted', 'analysing', 'queued', 'receiving', 'failed', 'unsuitable', 'signed'];

function standing(row: StudyRow): HTMLElement {
  const cell = el('div', { class: 'standing' }, stateChip(row));
  if (row.newerDraft) cell.append(el('span', { class: 'chip state-newer' }, 'newer draft'));
  if (row.state === 'analysing') {
    const bar = el('progress', { max: 1, value: row.progress, 'aria-label': row.stage ?? 'analysing' });
    cell.append(el('div', { class: 'progress-line' }, bar, el('span', { class: 'muted' }, `${row.stage ?? 'analysing'} · ${Math.round(row.progress * 100)} %`)));
  }
  if (row.reason) cell.append(el('div', { class: 'reason' }, row.reason));
  if (row.conflicts > 0) cell.append(el('div', { class: 'reason' }, `${row.conflicts} conflicting image${row.conflicts === 1 ? '' : 's'} set aside`));
  return cell;
}

function studyRow(row: StudyRow): HTMLElement {
  const { patient } = row;
  const about = [patient.id, patient.birthDate ? `born ${moment(patient.birthDate)}` : '', patient.sex].filter(Boolean).join(' · ');
  const link = el('a', { class: 'work-row', href: `/studies/${row.uid}`, 'data-inside': true, 'data-study': row.uid },
    el('div', { class: 'cell' }, standing(row)),
    el('div', { class: 'cell' }, el('div', { class: 'strong one-line', title: patient.name }, patient.name || 'unnamed'), el('div', { class: 'muted one-line', title: about }, about)),
    el('div', { class: 'cell' }, el('div', {}, row.description || 'CT'), el('div', { class: 'muted' }, `${row.series} series · ${row.instances} images`)),
    el('div', { class: 'cell mono one-line', title: row.accession }, row.accession || '–'),
    el('div', { class: 'cell' }, el('div', {}, moment(row.received)), row.started ? el('div', { class: 'muted' }, `scanned ${moment(row.started)}`) : null),
  );
  return link;
}

function nothingFound(): HTMLElement {
  return el('div', { class: 'empty' }, el('h2', {}, 'No study matches'), el('p', {}, 'The search looks at name, patient ID and accession number.'));
}

function empty(receiver: { title: string; port: number }): HTMLElement {
  const host = location.hostname;
  return el('div', { class: 'empty' },
    el('h2', {}, 'No study yet'),
    el('p', {}, 'Send a CT study from your PACS to this node:'),
    el('dl', { class: 'node' }, ...[['AE title', receiver.title], ['Host', host], ['Port', String(receiver.port)]].flatMap(([name, value]) => [el('dt', {}, name), el('dd', { class: 'mono' }, value)])),
    el('p', {}, 'or by hand:'),
    el('pre', { class: 'mono' }, `dcmsend --no-halt -aec ${receiver.title} ${host} ${receiver.port} +sd +r STUDY_FOLDER`),
    el('p', { class: 'muted' }, 'It appears here with its first image, by itself.'),
  );
}

export function worklist(app: HTMLElement): () => void {
  const search = el('input', { type: 'search', placeholder: 'Search name, ID, accession', 'aria-label': 'Search studies', autocomplete: 'off', spellcheck: 'false' });
  const list = el('div', { class: 'work-list', 'aria-busy': 'true' });
  const count = el('span', { class: 'muted', role: 'status' });
  const filters = el('div', { class: 'button-group', role: 'group', 'aria-label': 'Show' });
  let filter: 'all' | 'open' | 'signed' = 'all';
  let rows: StudyRow[] = [];
  let receiver = { title: '', port: 0 };
  let shown = '';

  const draw = (): void => {
    const wanted = rows.filter((row) => filter === 'all' || (filter === 'signed') === (row.state === 'signed'));
    const state = JSON.stringify([wanted, filter, search.value]);
    if (state === shown) return; // nothing new: keep focus and scroll
    shown = state;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['study'] : undefined;
    list.setAttribute('aria-busy', 'false');
    count.textContent = `${wanted.length} ${wanted.length === 1 ? 'study' : 'studies'}`;
    if (wanted.length === 0) return replace(list, search.value.trim() !== '' || rows.length > 0 ? nothingFound() : empty(receiver));
    const head = el('div', { class: 'work-row work-head', 'aria-hidden': 'true' }, ...['State', 'Patient', 'Exam', 'Accession', 'Received'].map((name) => el('div', { class: 'cell' }, name)));
    replace(list, head, ...wanted.map(studyRow));
    if (focused) list.querySelector<HTMLElement>(`[data-study="${CSS.escape(focused)}"]`)?.focus();
  };

  for (const [key, label] of [['all', 'All'], ['open', 'To do'], ['signed', 'Signed']] as ['all' | 'open' | 'signed', string][]) {
    filters.append(button(label, { 'aria-pressed': String(key === filter) }, (event) => {
      filter = key;
      for (const other of filters.children) other.setAttribute('aria-pressed', String(other === event.currentTarget));
      draw();
    }));
  }

  const refresh = async (): Promise<void> => {
    const text = search.value.trim();
    const answer = await api.studies(text);
    if (text !== search.value.trim()) return;
    receiver = answer.receiver;
    rows = answer.studies.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.received.localeCompare(a.received));
    draw();
  };
  let typing = 0;
  search.addEventListener('input', () => {
    window.clearTimeout(typing);
    typing = window.setTimeout(() => void refresh().catch(() => undefined), 150);
  });

  replace(app,
    el('header', { class: 'top worklist-page' }, el('a', { class: 'brand', href: '/', 'data-inside': true }, el('img', { src: '/mark.svg', alt: '', width: 26, height: 26 }), 'Tomoscribe'),
      el('span', { class: 'muted brand-line' }, 'CT drafts for radiologists · AI, not a medical device')),
    el('main', { class: 'worklist' }, el('div', { class: 'work-tools' }, el('h1', {}, 'Worklist'), count, el('span', { class: 'spring' }), filters, search), list),
  );
  const stop = api.poll(2000, refresh);
  return () => {
    window.clearTimeout(typing);
    stop();
  };
}
