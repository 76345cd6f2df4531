// One study: images left, report right, and what joins them.

import * as api from './api.ts';
import { askSigner, confirmSignature, mergeDialog, rememberedSigner } from './dialogs.ts';
import { listSeries, type ImageSeries } from './dicomweb.ts';
import { button, el, isTyping, moment, replace } from './dom.ts';
import { showHelp } from './help.ts';
import type { Mark } from './overlay.ts';
import { clashes, Pending, rebased } from './pending.ts';
import { presetFor } from './presets.ts';
import { deliveriesPanel, downloads, measurementTable, provenance, seriesPanel } from './panels.ts';
import { displayName, evidenceOf, findingsOf, isSigned, lines, outcomes } from './report_model.ts';
import { ReportPanel } from './report_panel.ts';
import type { Report, Statement } from './report_types.ts';
import { aboutPatient, studyHead, waiting } from './study_head.ts';
import { Viewer } from './viewer.ts';

export function studyPage(app: HTMLElement, uid: string): () => void {
  const page = new StudyPage(app, uid);
  return () => page.stop();
}

class StudyPage {
  private detail?: api.StudyDetail;
  private report?: Report; ///< the version shown
  private pending?: Pending;
  private viewer?: Viewer;
  private series: ImageSeries[] = [];
  private selected = '';
  private hovered = '';
  private busy = false;
  private stopped = false;
  private stopPolling: () => void = () => undefined;

  private readonly head = el('header', { class: 'top' });
  private readonly viewerHost = el('div', { class: 'viewer-host' });
  private readonly banner = el('div', { class: 'banners' });
  private readonly body = el('div', { class: 'report-body' });
  private readonly extras = el('div', { class: 'extras' });
  private readonly footer = el('div', { class: 'report-footer' });
  private readonly note = el('div', { class: 'note', role: 'status', hidden: true });
  private readonly panel: ReportPanel;
  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === '?' && !isTyping(event.target)) showHelp();
  };

  constructor(app: HTMLElement, private readonly uid: string) {
    this.panel = new ReportPanel(this.body, {
      choose: (statement) => void this.choose(statement),
      hover: (statement) => this.hover(statement),
      changed: () => this.drawFooter(),
    });
    replace(app, this.head,
      el('main', { class: 'study' }, this.viewerHost,
        el('section', { class: 'report', 'aria-label': 'Report' }, this.banner, el('div', { class: 'report-scroll' }, this.body, this.extras), this.note, this.footer)));
    replace(this.body, el('p', { class: 'muted pad' }, 'Loading the report…'));
    document.addEventListener('keydown', this.onKey);
    void this.begin();
  }

  stop(): void {
    this.stopped = true;
    this.stopPolling();
    document.removeEventListener('keydown', this.onKey);
    this.viewer?.stop();
  }

  private async begin(): Promise<void> {
    this.stopPolling = api.poll(2000, () => this.refresh());
  }

  /** The light call again and again; the report itself only when there is another version. */
  private async refresh(): Promise<void> {
    try {
      const brief = this.detail ? await api.studyBrief(this.uid) : await api.study(this.uid);
      if (this.stopped) return;
      if (!this.detail || !this.viewer) await this.first(brief.report || !brief.study.reportId ? brief : await api.study(this.uid));
      else await this.later(brief);
    } catch (reason) {
      if (reason instanceof api.Unreachable) return; // said by the banner; the next call tries again
      if (!(reason instanceof api.Refused)) {
        this.stopPolling();
        replace(this.body, el('div', { class: 'empty' }, el('h2', {}, 'This page failed'), el('p', { class: 'reason' }, String(reason)), el('p', {}, 'Reload it; the report is also at hand as text and FHIR.')));
        throw reason;
      }
      if (!this.detail) {
        replace(this.body, el('div', { class: 'empty' }, el('h2', {}, reason.message), el('p', {}, el('a', { href: '/', 'data-inside': true }, 'Back to the worklist'))));
        this.stopPolling();
      }
    }
  }

  private async first(detail: api.StudyDetail): Promise<void> {
    this.detail = detail;
    this.take(detail);
    this.drawHead();
    this.viewer = new Viewer(this.uid, [detail.study.patient.name || 'unnamed', aboutPatient(detail.study)]);
    replace(this.viewerHost, this.viewer.element);
    this.draw();
    if (!(await this.viewer.start())) return;
    await this.openFirstSeries();
  }

  private async later(brief: api.StudyDetail): Promise<void> {
    const before = this.detail as api.StudyDetail;
    const newer = brief.study.version !== before.study.version || brief.study.state !== before.study.state;
    const deliveries = JSON.stringify(brief.deliveries) !== JSON.stringify(before.deliveries);
    if (newer) {
      const full = await api.study(this.uid);
      if (this.stopped) return;
      this.detail = full;
      if (!this.report || (this.pending?.count === 0 && !this.panel.editing)) this.take(full);
      this.draw();
      if (!this.viewer?.shownSeries) await this.openFirstSeries();
    } else {
      this.detail = { ...before, study: brief.study, deliveries: brief.deliveries, versions: brief.versions };
      if (deliveries) this.drawExtras();
      if (!this.report) this.draw();
    }
    this.drawHead();
  }

  /** Shows the newest version, or a person's where a software draft came after it. */
  private take(detail: api.StudyDetail): void {
    const wanted = detail.person ?? detail.report;
    if (wanted) this.showVersion(wanted);
  }

  private showVersion(report: Report): void {
    this.report = report;
    this.pending = new Pending(report.reportId, report.number);
    this.selected = '';
    if (this.pending.restored) this.say('Unsaved edits from this browser were restored.');
  }

  /** A person may go on from the newest version, and from their own that software drafts came after. */
  private get canEdit(): boolean {
    const number = this.report?.number;
    return number !== undefined && (number === this.detail?.report?.number || number === this.detail?.person?.number);
  }

  private async openFirstSeries(): Promise<void> {
    try {
      this.series = await listSeries(this.uid);
    } catch {
      this.series = [];
    }
    const used = this.report?.study.series?.find((series) => series.used)?.uid;
    const images = this.series.filter((series) => !['SR', 'PR', 'KO', 'SEG', 'DOC'].includes(series.modality));
    const chosen = images.find((series) => series.uid === used) ?? [...images].sort((a, b) => b.instances - a.instances)[0];
    if (!chosen) return;
    this.viewer?.setWindow(presetFor(this.report?.study.bodyPart || this.detail?.study.description || ''));
    await this.viewer?.open(chosen.uid, this.seriesTitle(chosen.uid));
    this.drawMarks();
    this.drawExtras();
  }

  private seriesTitle(uid: string): string {
    const known = this.series.find((series) => series.uid === uid);
    return known ? `${known.number ?? ''} ${known.description || known.modality}`.trim() : 'Series';
  }

  // ---- what a click on a sentence does

  private async choose(statement: Statement): Promise<void> {
    const evidence = this.report ? evidenceOf(this.report, statement) : [];
    this.selected = statement.id;
    this.panel.select(statement.id);
    this.lightRows();
    const first = evidence[0];
    if (!first) {
      this.drawMarks();
      return this.say('This sentence points to no place in the images.');
    }
    this.drawMarks();
    await this.viewer?.goTo({ series: first.series, instance: first.instance, frame: first.frame ?? 1 }, (series) => this.seriesTitle(series));
    this.drawExtras();
  }

  private hover(statement: Statement | undefined): void {
    this.hovered = statement?.id ?? '';
    this.drawMarks();
    this.lightRows();
  }

  private lightRows(): void {
    const statement = this.report?.statements?.find(({ id }) => id === (this.hovered || this.selected));
    const lit = new Set(statement?.findings ?? []);
    for (const row of this.extras.querySelectorAll<HTMLElement>('[data-finding]')) row.classList.toggle('lit', lit.has(row.dataset['finding'] ?? ''));
  }

  private drawMarks(): void {
    const report = this.report;
    if (!report) return;
    const active = report.statements?.find(({ id }) => id === (this.hovered || this.selected));
    const lit = new Set(active?.findings ?? []);
    const marks: Mark[] = [];
    for (const finding of report.findings ?? [])
      for (const evidence of finding.evidence ?? [])
        if (lit.has(finding.id))
          marks.push({
            instance: evidence.instance,
            frame: evidence.frame ?? 1,
            outlines: (evidence.regions ?? []).map((region) => region.outline),
            ...(evidence.pointMm ? { point: evidence.pointMm } : {}),
            label: `${outcomes[finding.verification.outcome].letter} · ${evidence.caption ?? finding.site?.meaning ?? ''}`,
            outcome: finding.verification.outcome,
            lit: true,
          });
    this.viewer?.setMarks(marks);
    this.viewer?.setTicks((report.findings ?? []).flatMap((finding) => (finding.evidence ?? []).map((e) => ({ series: e.series, instance: e.instance, frame: e.frame ?? 1, label: e.caption ?? '' }))));
  }

  // ---- drawing

  private draw(): void {
    this.drawHead();
    this.drawBanners();
    if (this.report && this.pending) this.panel.show(this.report, this.pending, this.canEdit);
    else if (this.detail) replace(this.body, waiting(this.detail.study));
    this.drawExtras();
    this.drawFooter();
    this.drawMarks();
  }

  private drawHead(): void {
    const row = this.detail?.study;
    replace(this.head, ...studyHead(row, showHelp));
    if (row) document.title = `${row.patient.name || 'unnamed'} – Tomoscribe`;
  }

  private drawBanners(): void {
    const report = this.report;
    const detail = this.detail;
    this.banner.replaceChildren();
    if (!report || !detail) return;
    const words = isSigned(report) ? `Software-assisted report; signed by ${displayName(report.signature?.signer.name)}. Not a medical device.` : 'AI DRAFT - made by software, not signed, not for diagnosis. Not a medical device.';
    this.banner.append(el('div', { class: `banner ${isSigned(report) ? 'signed' : 'ai'}` }, el('span', { class: `chip report-${report.state}` }, report.state),
      el('span', { class: 'grow' }, detail.report?.number === report.number && detail.label ? detail.label : words),
      report.signature ? el('span', { class: 'muted' }, moment(report.signature.when)) : null));
    const draft = detail.report;
    const person = detail.person;
    if (person && draft) {
      const shown = report.number === person.number;
      const whose = isSigned(person) ? 'the signed version' : "a person's version";
      this.banner.append(el('div', { class: 'banner newer' }, `Images or an order arrived later: software draft ${draft.number} stands beside ${whose} ${person.number}.`,
        button(shown ? 'Show the new draft' : isSigned(person) ? 'Show the signed report' : "Show the person's version", {}, () => {
          this.showVersion(shown ? draft : person);
          this.draw();
        })));
    } else if (draft && draft.number > report.number) {
      this.banner.append(el('div', { class: 'banner newer' }, `Somebody made version ${draft.number} while you edited version ${report.number}.`, button('Merge…', {}, () => void this.merge(draft.number))));
    }
    const older = Pending.olderThan(report.reportId, report.number);
    const from = older[0];
    if (from !== undefined && this.canEdit && this.pending?.count === 0)
      this.banner.append(el('div', { class: 'banner newer' }, `This browser holds unsaved edits made on version ${from}.`,
        button('Bring them here…', {}, () => void this.mergeOld(from)),
        button('Forget them', { class: 'quiet' }, () => {
          for (const version of older) new Pending(report.reportId, version).clear();
          this.drawBanners();
        })));
  }

  private drawExtras(): void {
    const report = this.report;
    const detail = this.detail;
    if (!detail) return;
    const shown = this.viewer?.shownSeries ?? '';
    replace(this.extras,
      report ? measurementTable(report, (finding) => {
        const statement = lines(report).map((line) => line.statement).find((s) => findingsOf(report, s).some((f) => f.id === finding.id));
        if (statement) void this.choose(statement);
      }) : null,
      seriesPanel(report?.study.series ?? [], this.series, shown, (uid) => void this.viewer?.open(uid, this.seriesTitle(uid)).then(() => this.drawExtras())),
      report && detail.deliveries.length ? deliveriesPanel(detail.deliveries, (row) => void this.resend(row.version, row.destination)) : null,
      report ? downloads(report, detail.versions) : null,
      report ? provenance(report) : null);
    this.lightRows();
  }

  private drawFooter(): void {
    const report = this.report;
    const pending = this.pending;
    this.footer.replaceChildren();
    if (!report || !pending || !this.canEdit) return;
    const count = pending.count;
    this.footer.append(el('span', { class: 'muted', role: 'status', title: count ? 'Kept in this browser until saved' : '' }, count ? `${count} unsaved change${count === 1 ? '' : 's'}` : isSigned(report) ? `Version ${report.number}, signed` : `Version ${report.number}`), el('span', { class: 'spring' }));
    if (count) {
      this.footer.append(
        button('Discard', { class: 'quiet', disabled: this.busy }, () => {
          pending.clear();
          this.draw();
        }),
        button('Save', { disabled: this.busy, title: 'Save as a preliminary version' }, () => void this.save()));
    }
    if (count || !isSigned(report)) this.footer.append(button(isSigned(report) ? 'Sign correction…' : 'Sign…', { class: 'primary', disabled: this.busy }, () => void this.sign()));
  }

  private say(text: string): void {
    this.note.textContent = text;
    this.note.hidden = !text;
    if (text) window.setTimeout(() => this.note.textContent === text && (this.note.hidden = true), 6000);
  }

  // ---- changes

  private async save(): Promise<void> {
    this.panel.finishEditing();
    const signer = rememberedSigner() ?? (await askSigner());
    if (!signer || !this.report || !this.pending?.count) return;
    await this.send((report, pending) => api.edit(report.reportId, { base: report.number, edits: pending.edits(), signer }), 'Saved as a preliminary version.');
  }

  private async sign(): Promise<void> {
    this.panel.finishEditing();
    if (!this.report || !this.pending) return;
    const signer = await confirmSignature(this.report, this.pending);
    if (!signer) return;
    await this.send((report, pending) => api.sign(report.reportId, { base: report.number, edits: pending.edits(), signer }), 'Signed.');
  }

  private async send(act: (report: Report, pending: Pending) => Promise<{ report: Report }>, done: string): Promise<void> {
    const { report, pending } = this;
    if (!report || !pending || this.busy) return;
    this.busy = true;
    this.drawFooter();
    try {
      await act(report, pending);
      pending.clear();
      this.detail = await api.study(this.uid);
      this.showVersion(this.detail.report ?? report);
      this.say(done);
    } catch (reason) {
      if (reason instanceof api.Refused && reason.status === 412 && reason.newest) {
        this.busy = false;
        return await this.merge(reason.newest);
      }
      this.say(reason instanceof Error ? `Not saved: ${reason.message}` : 'Not saved.');
    } finally {
      this.busy = false;
      this.draw();
    }
  }

  private async merge(newestNumber: number): Promise<void> {
    const { report, pending } = this;
    if (!report || !pending) return;
    const newest = await api.version(report.reportId, newestNumber);
    const choice = await mergeDialog(report, newest, clashes(pending, report, newest), pending.count);
    if (!choice) return;
    const moved = rebased(pending, report, newest, choice);
    pending.clear();
    this.detail = await api.study(this.uid);
    this.report = newest;
    this.pending = moved;
    this.say(`Your edits now stand on version ${newest.number}; look them over, then save or sign.`);
    this.draw();
  }

  private async mergeOld(version: number): Promise<void> {
    if (!this.report) return;
    const newest = this.report;
    const base = await api.version(newest.reportId, version);
    const mine = new Pending(newest.reportId, version);
    const choice = await mergeDialog(base, newest, clashes(mine, base, newest), mine.count);
    if (!choice) return;
    this.pending = rebased(mine, base, newest, choice);
    mine.clear();
    this.draw();
  }

  private async resend(version: number, destination: string): Promise<void> {
    if (!this.report) return;
    try {
      await api.resend(this.report.reportId, version, destination);
      this.say(`Sending to ${destination} again.`);
      await this.refresh();
    } catch (reason) {
      this.say(reason instanceof Error ? reason.message : 'Not sent.');
    }
  }
}
