// Which series is shown, and the others of the study with why each was read or left out.

import type { ImageSeries } from './dicomweb.ts';
import { button, el } from './dom.ts';
import type { SeriesHealth, SeriesUse } from './report_types.ts';

const titleOf = (series: SeriesUse): string => `${series.number ?? '–'}  ${series.description || series.modality || 'series'}`;

/** The health card: what the images are, and what may be measured on them. */
function healthTable(health: SeriesHealth): HTMLElement {
  const rows: [string, string][] = [
    ['Images', `${health.images} of ${health.columns} × ${health.rows} pixels of ${health.pixelMm} mm`],
    ['Slices', `${health.thicknessMm === undefined ? '' : `${health.thicknessMm} mm thick, `}${health.spacingMm} mm apart`],
    ['Missing slices', (health.gaps ?? []).join('; ') || 'none'],
    ['Covered', `${Math.round(health.coverageMm)} mm`],
    ['Kernel', `${health.kernel || 'not named'}, ${health.kernelClass ?? 'unknown'}`],
    ['Tube voltage', health.kvp === undefined ? 'not stated' : `${health.kvp} kV`],
    ['Contrast agent', health.contrast || 'none named'],
  ];
  if (health.jitterMm > 0.01 || health.resampled) rows.splice(3, 0, ['Spacing', `varies by ${health.jitterMm} mm${health.resampled ? ', resampled to equal slices' : ''}`]);
  if (health.tiltDegrees > 0.5) rows.push(['Gantry tilt', `${health.tiltDegrees}°`]);
  if (health.lossy) rows.push(['Compression', 'with loss']);
  for (const verdict of health.verdicts ?? []) rows.push([verdict.use, verdict.reason ? `not measured (${verdict.reason})` : 'may be measured']);
  const table = el('table', { class: 'health' });
  for (const [name, value] of rows) table.append(el('tr', {}, el('th', {}, name), el('td', {}, value)));
  return table;
}

export function seriesMenu(used: SeriesUse[], stored: ImageSeries[], shown: string, open: (uid: string) => void): HTMLElement | null {
  const known = new Set(used.map((series) => series.uid));
  const all: SeriesUse[] = [...used, ...stored.filter((series) => !known.has(series.uid))];
  if (all.length === 0) return null;
  const here = all.find((series) => series.uid === shown);
  const list = el('ul', { class: 'series' });
  const menu = el('details', { class: 'series-menu' }, el('summary', { title: 'Another series' }, el('span', { class: 'one-line' }, here ? titleOf(here) : 'Series'), el('span', { class: 'muted' }, ` ▾ ${all.length}`)), list);
  for (const series of all) {
    const there = stored.some((other) => other.uid === series.uid);
    const name = there ? button(titleOf(series), { class: 'link', 'aria-pressed': String(series.uid === shown) }, () => {
      menu.open = false;
      open(series.uid);
    }) : el('span', {}, titleOf(series));
    list.append(el('li', { class: series.uid === shown ? 'shown' : '' },
      el('span', { class: `chip ${series.used ? 'used' : 'left'}` }, series.used ? 'read' : 'left out'),
      el('div', {}, name, el('span', { class: 'muted' }, ` ${series.instances ?? 0} images`), series.reason ? el('div', { class: 'footnote' }, series.reason) : null,
        series.health ? healthTable(series.health) : null)));
  }
  menu.addEventListener('focusout', (event) => {
    if (!menu.contains(event.relatedTarget as Node | null)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') menu.open = false;
  });
  return menu;
}
