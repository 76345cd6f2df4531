// Questions that need an answer before anything goes on.

import { outcomeChip } from './chips.ts';
import { button, el } from './dom.ts';
import type { Clash, Pending } from './pending.ts';
import { lines, sections } from './report_model.ts';
import type { Name, Report, Signer } from './report_types.ts';

const signerKey = 'tomoscribe.signer';

export function rememberedSigner(): Signer | undefined {
  try {
    const signer = JSON.parse(localStorage.getItem(signerKey) ?? 'null') as Signer | null;
    return signer?.name?.family ? signer : undefined;
  } catch {
    return undefined;
  }
}

function remember(signer: Signer): void {
  try {
    localStorage.setItem(signerKey, JSON.stringify(signer));
  } catch {
    // Asked again next time.
  }
}

/** Shows a modal form; resolves with what `answer` gives, or undefined when it is closed otherwise. */
function ask<T>(title: string, content: (Node | null)[], confirm: string, answer: () => T | undefined): Promise<T | undefined> {
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

function signerFields(): { element: HTMLElement; read: () => Signer } {
  const known = rememberedSigner();
  const input = (name: string, label: string, value: string | undefined, required = false): [HTMLElement, HTMLInputElement] => {
    const field = el('input', { type: 'text', name, required, maxlength: 64, value: value ?? '', autocomplete: 'off', pattern: '[^\\^=\\\\\\|~&]*', title: 'without ^ = \\ | ~ &' });
    return [el('label', {}, label, field), field];
  };
  const [prefix, prefixField] = input('prefix', 'Title', known?.name.prefix);
  const [given, givenField] = input('given', 'Given name', known?.name.given);
  const [family, familyField] = input('family', 'Family name', known?.name.family, true);
  const [id, idField] = input('id', 'Staff number', known?.id);
  const [organisation, organisationField] = input('organisation', 'Organisation', known?.organisation);
  return {
    element: el('div', { class: 'fields' }, prefix, given, family, id, organisation),
    read: () => {
      const name: Name = { family: familyField.value.trim() };
      if (givenField.value.trim()) name.given = givenField.value.trim();
      if (prefixField.value.trim()) name.prefix = prefixField.value.trim();
      const signer: Signer = { name };
      if (idField.value.trim()) signer.id = idField.value.trim();
      if (organisationField.value.trim()) signer.organisation = organisationField.value.trim();
      return signer;
    },
  };
}

export async function askSigner(): Promise<Signer | undefined> {
  const fields = signerFields();
  const signer = await ask('Who edits?', [el('p', { class: 'muted' }, 'Every version names the person who made it. This browser remembers you.'), fields.element], 'Save', fields.read);
  if (signer) remember(signer);
  return signer;
}

/** The sentences nobody has confirmed, contradicted ones first; unverified ones need a tick each. */
function unconfirmed(report: Report, pending: Pending): HTMLElement | null {
  const open = lines(report).map(({ statement }) => statement)
    .filter((statement) => !statement.removed && statement.author !== 'person' && !pending.changed.has(statement.id));
  const contradicted = open.filter((statement) => statement.verification.outcome === 'contradicted');
  const unverified = open.filter((statement) => statement.verification.outcome === 'unverified');
  if (contradicted.length + unverified.length === 0) return null;
  const box = el('div', { class: 'unconfirmed' });
  for (const statement of contradicted) {
    box.append(el('div', { class: 'check contradicted' }, outcomeChip('contradicted', statement.verification.reason),
      el('div', {}, el('div', {}, statement.text), el('div', { class: 'footnote' }, `${statement.verification.reason ?? ''} It is left out of the signed report; edit it to keep it.`.trim()))));
  }
  for (const statement of unverified) {
    box.append(el('label', { class: 'check unverified' }, el('input', { type: 'checkbox', required: true, 'aria-label': `I have checked: ${statement.text}` }),
      outcomeChip('unverified', statement.verification.reason),
      el('div', {}, el('div', {}, statement.text), el('div', { class: 'footnote' }, 'Tick: I have checked this in the images.'))));
  }
  return box;
}

export async function confirmSignature(report: Report, pending: Pending): Promise<Signer | undefined> {
  const fields = signerFields();
  const changes = pending.count ? el('p', {}, `${pending.count} unsaved change${pending.count === 1 ? '' : 's'} will be part of the signed report.`) : null;
  const signer = await ask('Sign this report', [
    unconfirmed(report, pending),
    changes,
    fields.element,
    el('p', { class: 'muted' }, 'By signing you take over the report as your own. It is then final, is sent to every configured destination, and is changed only by a correction.'),
  ], 'Sign', fields.read);
  if (signer) remember(signer);
  return signer;
}

/** Somebody else made a version: whose sentence stands where both changed one? Resolves with that choice by statement id. */
export async function mergeDialog(base: Report, newest: Report, found: Clash[], mine: number): Promise<((id: string) => boolean) | undefined> {
  const titles = new Map(sections);
  const choices = new Map<string, HTMLInputElement>();
  const shown = (text: string): string => text || '(struck out)';
  const list = el('div', { class: 'clashes' });
  found.forEach((clash, i) => {
    const ours = el('input', { type: 'radio', name: `clash-${i}`, value: 'mine', required: true });
    const theirs = el('input', { type: 'radio', name: `clash-${i}`, value: 'theirs', required: true });
    choices.set(clash.id, ours);
    list.append(el('fieldset', {}, el('legend', {}, titles.get(clash.section) ?? clash.section),
      el('div', { class: 'footnote' }, `Before: ${clash.before}`),
      el('label', { class: 'check' }, ours, el('div', {}, el('strong', {}, 'Mine: '), shown(clash.mine))),
      el('label', { class: 'check' }, theirs, el('div', {}, el('strong', {}, 'Theirs: '), shown(clash.theirs)))));
  });
  const summary = found.length
    ? `You edited version ${base.number}; version ${newest.number} is newer. ${found.length} sentence${found.length === 1 ? ' was' : 's were'} changed on both sides. Choose one of each; nothing is lost without your choice.`
    : `You edited version ${base.number}; version ${newest.number} is newer, but touched none of your sentences. Your ${mine} change${mine === 1 ? '' : 's'} can move over as they are.`;
  const agreed = await ask('A newer version exists', [el('p', {}, summary), list], `Continue on version ${newest.number}`, () => true);
  return agreed ? (id) => choices.get(id)?.checked ?? true : undefined;
}
