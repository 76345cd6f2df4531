// Signing: what a reader should have seen, and a tick for each sentence that only they can vouch for.

import { ask } from './ask.ts';
import { sentenceChip } from './chips.ts';
import { el } from './dom.ts';
import { editList, type Pending } from './pending.ts';
import { findingsOf, lines } from './report_model.ts';
import type { Report, Signer, Statement } from './report_types.ts';
import { remember, signerFields } from './signer.ts';
import { markOf } from './words.ts';

interface ToSee {
  statement: Statement;
  critical: boolean;
  contradicted: boolean;
  tick: boolean; ///< by the model, whatever its outcome, or confirmed by no check
}

/** Critical sentences first, then contradicted ones, then the rest that needs a tick. What the reader wrote is their own. */
function toSee(report: Report, pending: Pending): ToSee[] {
  const rank = ({ critical, contradicted }: ToSee): number => (critical ? 0 : contradicted ? 1 : 2);
  return lines(report).map(({ statement }) => statement)
    .filter((statement) => !statement.removed && !pending.changed.has(statement.id))
    .map((statement) => {
      const { author, verification: { outcome } } = statement;
      const others = author !== 'person' && markOf(statement) !== undefined;
      return {
        statement,
        critical: findingsOf(report, statement).some((finding) => finding.critical === true),
        contradicted: others && outcome === 'contradicted',
        tick: others && (author === 'model' || outcome === 'unverified'),
      };
    })
    .filter(({ critical, contradicted, tick }) => critical || contradicted || tick)
    .sort((a, b) => rank(a) - rank(b));
}

function row({ statement, critical, contradicted, tick }: ToSee): HTMLElement {
  const notes = [
    critical && 'Critical finding.',
    statement.author === 'model' && 'Written by AI.',
    contradicted && `${statement.verification.reason ?? ''} It is left out of the signed report; edit it to keep it.`.trim(),
    tick && (contradicted ? 'Tick: I have seen that it is left out.' : 'Tick: I have checked this in the images.'),
  ].filter(Boolean).join(' ');
  const style = critical ? 'contradicted critical' : (markOf(statement)?.style ?? '');
  const words = el('div', {}, el('div', { class: contradicted ? 'gone' : '' }, statement.text), el('div', { class: 'footnote' }, notes));
  return tick
    ? el('label', { class: `check ${style}` }, el('input', { type: 'checkbox', required: true, 'aria-label': `I have checked: ${statement.text}` }), sentenceChip(statement), words)
    : el('div', { class: `check ${style}` }, sentenceChip(statement), words);
}

export async function confirmSignature(report: Report, pending: Pending): Promise<Signer | undefined> {
  const fields = signerFields();
  const changes = pending.count
    ? el('div', {}, el('p', {}, `${pending.count} unsaved change${pending.count === 1 ? '' : 's'} will be part of the signed report:`), el('ul', { class: 'edit-list' }, ...editList(report, pending).map((text) => el('li', {}, text))))
    : null;
  const seen = toSee(report, pending);
  const signer = await ask('Sign this report', [
    seen.length ? el('div', { class: 'to-see' }, ...seen.map(row)) : null,
    changes,
    fields.element,
    el('p', { class: 'muted' }, 'By signing you take over the report as your own. It is then final, is sent to every configured destination, and is changed only by a correction.'),
  ], 'Sign', fields.read);
  if (signer) remember(signer);
  return signer;
}
