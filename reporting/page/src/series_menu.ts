// Which series is shown, and the others of the study with why each was read or left out.

import type { ImageSeries } from './dicomweb.ts';
import { button, el } from './dom.ts';
import type { SeriesUse } from './report_types.ts';

const titleOf = (series: SeriesUse): string => `${series.number ?? '–'}  ${series.description || series.modality || 'series'}`;

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
      el('div', {}, name, el('span', { class: 'muted' }, ` ${series.instances ?? 0} images`), series.reason ? el('div', { class: 'footnote' }, series.reason) : null)));
  }
  menu.addEventListener('focusout', (event) => {
    if (!menu.contains(event.relatedTarget as Node | null)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') menu.open = false;
  });
  return menu;
}
