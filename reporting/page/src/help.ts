// Every key and every mark of the study page, on one card.

import { markChip } from './chips.ts';
import { button, el } from './dom.ts';
import { presets } from './presets.ts';
import { outcomes, person } from './words.ts';

const keys: [string, string][] = [
  ['↑ ↓ ← →', 'one slice; the wheel does the same'],
  ['Page ↑ ↓', 'ten slices'],
  ['Home End', 'first and last slice'],
  ...presets.map(({ name, centre, width }, i): [string, string] => [String(i + 1), `window ${name.toLowerCase()} (C ${centre}, W ${width})`]),
  ['R', 'fit the image again'],
  ['N  P', 'next and previous sentence with a place in the images, and that place'],
  ['Tab', 'next sentence'],
  ['Space', 'show the place that the sentence rests on'],
  ['Enter', 'edit the sentence'],
  ['Ctrl Enter', 'keep an edit; Esc drops it'],
  ['Delete', 'strike the sentence out'],
  ['U', 'undo an unsaved edit of the sentence'],
  ['C', 'in a signed report: what the draft said'],
  ['?', 'this card'],
];
const drags: [string, string][] = [['Left drag', 'scroll, window, pan or zoom, as chosen above the image'], ['Middle drag', 'pan'], ['Right drag', 'zoom']];

export function showHelp(): void {
  if (document.querySelector('dialog[open]')) return;
  const list = el('dl', { class: 'keys' });
  for (const [key, does] of [...keys, ...drags]) list.append(el('dt', {}, el('kbd', {}, key)), el('dd', {}, does));
  const marks = el('dl', { class: 'keys' });
  for (const mark of [...Object.values(outcomes), person]) marks.append(el('dt', {}, markChip(mark)), el('dd', {}, el('strong', {}, mark.words), `: ${mark.means}`));
  marks.append(el('dt', {}, el('span', { class: 'outcome blank' })), el('dd', {}, el('strong', {}, 'no mark'), ': what the program says of itself'));
  const dialog = el('dialog', { class: 'help', 'aria-label': 'Keys and marks' },
    el('div', { class: 'help-columns' }, el('section', {}, el('h2', {}, 'Keys'), list), el('section', {}, el('h2', {}, 'Marks'), marks,
      el('p', { class: 'footnote' }, 'A sentence with ◎ rests on a place in the images: click it; the number is the image’s in its series. Measured numbers come from geometry code, never from a language model. Tomoscribe is not a medical device.'))),
    el('div', { class: 'dialog-buttons' }, button('Close', { class: 'primary' }, () => dialog.close())));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
