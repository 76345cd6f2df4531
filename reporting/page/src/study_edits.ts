// Saving, signing, merging and dropping what a person changed.

import * as api from './api.ts';
import { confirmDiscard, mergeDialog } from './dialogs.ts';
import { button, el } from './dom.ts';
import { clashes, Pending, rebased } from './pending.ts';
import type { Report } from './report_types.ts';
import { confirmSignature } from './sign_dialog.ts';
import { askSigner, isBound, rememberedSigner } from './signer.ts';
import type { StudyState } from './study_state.ts';
import { correctionPending, displayName, isSigned } from './words.ts';

export interface Page {
  finishEditing(): void;
  say(text: string): void;
  draw(): void;
  drawFooter(): void;
}

export class StudyEdits {
  private busy = false;

  constructor(private readonly state: StudyState, private readonly page: Page) {}

  /** What can be done with the version shown; empty when nothing can. */
  footer(): HTMLElement[] {
    const { report, pending, canEdit } = this.state;
    if (!report || !pending || !canEdit) return [];
    const { busy } = this;
    const { count } = pending;
    const signed = isSigned(report);
    const words = count ? `${count} unsaved change${count === 1 ? '' : 's'}` : `Version ${report.number}${signed ? ', signed' : ''}`;
    const parts: HTMLElement[] = [el('div', { class: 'standing-edits' }, el('div', { role: 'status', title: count ? 'Kept in this browser until saved' : '' }, words), count ? this.savingAs() : null), el('span', { class: 'spring' })];
    if (count) {
      parts.push(button('Discard', { class: 'quiet', disabled: busy }, () => void this.discard()),
        button('Save', { disabled: busy, title: 'Save as a preliminary version' }, () => void this.save()));
    }
    if (count || !signed) parts.push(button(signed || (this.state.detail && correctionPending(this.state.detail.study)) ? 'Sign correction…' : 'Sign…', { class: 'primary', disabled: busy }, () => void this.sign()));
    return parts;
  }

  private savingAs(): HTMLElement {
    const signer = rememberedSigner();
    if (!signer) return el('div', { class: 'saving-as' }, 'Save asks who you are');
    const who = el('strong', {}, displayName(signer.name));
    if (isBound()) return el('div', { class: 'saving-as' }, 'Saving as ', who);
    return el('div', { class: 'saving-as' }, 'Saving as ', who, ' · ',
      button('change', { class: 'link', 'aria-label': 'Change who saves' }, () => void askSigner('Keep').then(() => this.page.drawFooter())));
  }

  private async discard(): Promise<void> {
    this.page.finishEditing();
    const { report, pending } = this.state;
    if (!report || !pending?.count || !(await confirmDiscard(report, pending))) return;
    pending.clear();
    this.page.draw();
  }

  private async save(): Promise<void> {
    this.page.finishEditing();
    const signer = rememberedSigner() ?? (await askSigner('Save'));
    if (!signer || !this.state.report || !this.state.pending?.count) return;
    await this.send((report, pending) => api.edit(report.reportId, { base: report.number, edits: pending.edits(), signer }), ({ number }) => `Saved as preliminary version ${number} by ${displayName(signer.name)}.`);
  }

  private async sign(): Promise<void> {
    this.page.finishEditing();
    const { report, pending } = this.state;
    if (!report || !pending) return;
    const signer = await confirmSignature(report, pending);
    if (!signer) return;
    await this.send((base, edits) => api.sign(base.reportId, { base: base.number, edits: edits.edits(), signer }), ({ number }) => `Version ${number} signed by ${displayName(signer.name)}.`);
  }

  private async send(act: (report: Report, pending: Pending) => Promise<{ report: Report }>, done: (made: Report) => string): Promise<void> {
    const { state, page } = this;
    const { report, pending } = state;
    if (!report || !pending || this.busy) return;
    this.busy = true;
    page.drawFooter();
    try {
      const made = await act(report, pending);
      pending.clear();
      state.detail = await api.study(state.uid);
      state.work(state.detail.report ?? made.report);
      page.say(done(made.report));
    } catch (reason) {
      if (reason instanceof api.Refused && reason.status === 412 && reason.newest) {
        this.busy = false;
        return await this.merge(reason.newest);
      }
      page.say(reason instanceof Error ? `Not saved: ${reason.message}` : 'Not saved.');
    } finally {
      this.busy = false;
      page.draw();
    }
  }

  async merge(newestNumber: number): Promise<void> {
    const { state } = this;
    const { report, pending } = state;
    if (!report || !pending) return;
    const newest = await state.version(newestNumber);
    const choice = await mergeDialog(report, newest, clashes(pending, report, newest), pending.count);
    if (!choice) return;
    const moved = rebased(pending, report, newest, choice);
    pending.clear();
    state.detail = await api.study(state.uid);
    state.report = newest;
    state.pending = moved;
    this.page.say(`Your edits now stand on version ${newest.number}; look them over, then save or sign.`);
    this.page.draw();
  }

  /** Edits that this browser kept on an older version, brought to the one worked on. */
  async mergeOld(version: number): Promise<void> {
    const { state } = this;
    const newest = state.report;
    if (!newest) return;
    const base = await state.version(version);
    const mine = new Pending(newest.reportId, version);
    const choice = await mergeDialog(base, newest, clashes(mine, base, newest), mine.count);
    if (!choice) return;
    state.pending = rebased(mine, base, newest, choice);
    mine.clear();
    this.page.draw();
  }
}
