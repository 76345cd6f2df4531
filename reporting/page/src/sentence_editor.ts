// A row of the report as a text field.

import { button, el, replace } from './dom.ts';

const longestText = 8000;

let pressed = false;
document.addEventListener('pointerdown', () => (pressed = true), true);
document.addEventListener('pointerup', () => (pressed = false), true);
document.addEventListener('pointercancel', () => (pressed = false), true);

/** Runs `act` at once, or when the click that is under way has reached what it was meant for. */
function afterClick(act: () => void): void {
  if (!pressed) return act();
  document.addEventListener('pointerup', () => window.setTimeout(act), { once: true });
}

/**
 * Turns `row` into a text field; Ctrl+Enter or leaving it keeps the text, Escape does not. `closed` hears how it ended:
 * the text, or undefined when nothing is kept. Returns how to end it keeping the text.
 */
export function editSentence(row: HTMLElement, text: string, closed: (text: string | undefined) => void): () => void {
  const field = el('textarea', { class: 'editor', rows: 2, maxlength: longestText, 'aria-label': 'Sentence', spellcheck: 'true' });
  field.value = text;
  let open = true;
  const close = (keep: boolean): void => {
    if (!open) return;
    open = false;
    closed(keep ? field.value.trim() : undefined);
  };
  const grow = (): void => {
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight + 2}px`;
  };
  field.addEventListener('input', grow);
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' || (event.key === 'Enter' && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      event.stopPropagation(); // the row's own Enter would open it again
      close(event.key !== 'Escape');
    }
  });
  const done = button('Done', { class: 'primary', title: 'Ctrl+Enter' }, () => close(true));
  const cancel = button('Cancel', { class: 'quiet', title: 'Escape' }, () => close(false));
  cancel.addEventListener('mousedown', (event) => event.preventDefault()); // before the field's blur keeps the text
  field.addEventListener('blur', () => afterClick(() => close(true)));
  replace(row, el('div', { class: 'editing' }, field, el('div', { class: 'editing-tools' }, done, cancel)));
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  grow();
  return () => close(true);
}
