// Every key and every mark of the study page, on one card.

import { outcomeChip } from './chips.ts';
import { button, el } from './dom.ts';
import { outcomes } from './report_model.ts';
import type { Outcome } from './report_types.ts';
import { presets } from './presets.ts';

const keys: [string, string][] = [
  ['↑ ↓ ← →', 'one slice; the wheel does the same'],
  ['Page ↑ ↓', 'ten slices'],
  ['Home End', 'first and last slice'],
  ...presets.map(({ name, centre, width }, i): [string, string] => [String(i + 1), `window ${name.toLowerCase()} (C ${centre}, W ${width})`]),
  ['R', 'fit the image again'],
  ['Tab', 'next sentence'],
  ['Enter', 'go to the place a sentence rests on'],
  ['E', 'edit the sentence'],
  ['Ctrl Enter', 'keep an edit; Esc drops it'],
  ['?', 'this card'],
];
const drags: [string, string][] = [['Left drag', 'window, pan or zoom, as chosen above the image'], ['Middle drag', 'pan'], ['Right drag', 'zoom']];

export function showHelp(): void {
  if (document.querySelector('dialog[open]')) return;
  const list = el('dl', { class: 'keys' });
  for (const [key, does] of [...keys, ...drags]) list.append(el('dt', {}, el('kbd', {}, key)), el('dd', {}, does));
  const marks = el('dl', { class: 'keys' });
  for (const outcome of Object.keys(outcomes) as Outcome[]) marks.append(el('dt', {}, outcomeChip(outcome)), el('dd', {}, el('strong', {}, outcomes[outcome].words), `: ${outcomes[outcome].means}`));
  marks.append(el('dt', {}, el('span', { class: 'outcome person' }, 'P')), el('dd', {}, el('strong', {}, 'person'), ': written or edited by a named person'));
  const dialog = el('dialog', { class: 'help', 'aria-label': 'Keys and marks' },
    el('div', { class: 'help-columns' }, el('section', {}, el('h2', {}, 'Keys'), list), el('section', {}, el('h2', {}, 'Marks'), marks,
      el('p', { class: 'footnote' }, 'A sentence with ◎ rests on a place in the images: click it. Measured numbers come from geometry code, never from a language model. Tomoscribe is not a medical device.'))),
    el('div', { class: 'dialog-buttons' }, button('Close', { class: 'primary' }, () => dialog.close())));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
