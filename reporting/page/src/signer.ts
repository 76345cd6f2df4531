// Who edits and signs at this browser.

import { ask } from './ask.ts';
import { el } from './dom.ts';
import type { Name, Signer } from './report_types.ts';
import { displayName } from './words.ts';

const signerKey = 'tomoscribe.signer';

/** The name that the signed-in account is bound to: nobody else edits or signs with it. */
let account: Name | undefined;

export function bindAccount(name: Name | undefined): void {
  account = name;
}

export function isBound(): boolean {
  return account !== undefined;
}

export function rememberedSigner(): Signer | undefined {
  if (account) return { name: account };
  try {
    const signer = JSON.parse(localStorage.getItem(signerKey) ?? 'null') as Signer | null;
    return signer?.name?.family ? signer : undefined;
  } catch {
    return undefined;
  }
}

export function remember(signer: Signer): void {
  if (account) return;
  try {
    localStorage.setItem(signerKey, JSON.stringify(signer));
  } catch {
    // Asked again next time.
  }
}

export function signerFields(): { element: HTMLElement; read: () => Signer } {
  const bound = account;
  if (bound) return { element: el('p', {}, 'You are signed in as ', el('strong', {}, displayName(bound)), '.'), read: () => ({ name: bound }) };
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

export async function askSigner(confirm: string): Promise<Signer | undefined> {
  const fields = signerFields();
  const signer = await ask('Who edits?', [el('p', { class: 'muted' }, 'Every version names the person who made it. This browser remembers you until you change it.'), fields.element], confirm, fields.read);
  if (signer) remember(signer);
  return signer;
}
