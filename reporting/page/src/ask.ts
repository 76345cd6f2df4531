// A question that needs an answer before anything goes on.

import { button, el } from './dom.ts';

/** Shows a modal form; resolves with what `answer` gives, or undefined when it is closed otherwise. */
export function ask<T>(title: string, content: (Node | null)[], confirm: string, answer: () => T | undefined): Promise<T | undefined> {
  return new Promise((resolve) => {
    let result: T | undefined;
    const dialog = el('dialog', { 'aria-labelledby': 'dialog-title' });
    const form = el('form', { method: 'dialog', novalidate: true }, el('h2', { id: 'dialog-title' }, title));
    for (const node of content) if (node) form.append(node);
    form.append(el('div', { class: 'dialog-buttons' }, button('Cancel', { class: 'quiet' }, () => dialog.close()), el('button', { type: 'submit', class: 'primary' }, confirm)));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!form.reportValidity()) return;
      result = answer();
      if (result !== undefined) dialog.close();
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(result);
    });
    dialog.append(form);
    document.body.append(dialog);
    dialog.showModal();
  });
}
