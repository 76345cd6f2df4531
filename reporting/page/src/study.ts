// One study: images left, report right, and what joins them.

import * as api from './api.ts';
import { banners } from './banners.ts';
import { listSeries, type ImageSeries } from './dicomweb.ts';
import { el, isTyping, replace } from './dom.ts';
import { marksOf, ticksOf } from './evidence.ts';
import { showHelp } from './help.ts';
import { deliveriesPanel, downloads, measurementTable, provenance } from './panels.ts';
import { presetFor, presetForFinding } from './presets.ts';
import { findingsOf, lines, pointing } from './report_model.ts';
import { ReportPanel } from './report_panel.ts';
import type { Finding, Statement } from './report_types.ts';
import { seriesMenu } from './series_menu.ts';
import { bindAccount } from './signer.ts';
import { StudyEdits } from './study_edits.ts';
import { aboutPatient, studyHead, waiting } from './study_head.ts';
import { StudyState } from './study_state.ts';
import { Viewer } from './viewer.ts';

const noteFor = 6000; ///< ms

export function studyPage(app: HTMLElement, uid: string): () => void {
  const page = new StudyPage(app, uid);
  return () => page.stop();
}

class StudyPage {
  private readonly state: StudyState;
  private readonly edits: StudyEdits;
  private viewer?: Viewer;
  private series: ImageSeries[] = [];
  private selected = '';
  private place = 0; ///< of the selected sentence's evidence
  private hovered = '';
  private stopped = false;
  private readonly stopPolling: () => void;

  private readonly head = el('header', { class: 'top' });
  private readonly viewerHost = el('div', { class: 'viewer-host' });
  private readonly banner = el('div', { class: 'banners' });
  private readonly body = el('div', { class: 'report-body' });
  private readonly extras = el('div', { class: 'extras' });
  private readonly footer = el('div', { class: 'report-footer' });
  private readonly note = el('div', { class: 'note', role: 'status', hidden: true });
  private readonly panel: ReportPanel;
  private readonly onKey = (event: KeyboardEvent): void => this.key(event);

  constructor(app: HTMLElement, private readonly uid: string) {
    this.state = new StudyState(uid);
    this.panel = new ReportPanel(this.body, {
      choose: (statement) => void this.choose(statement),
      hover: (statement) => this.hover(statement),
      changed: () => this.drawFooter(),
      writer: (statement) => this.state.writer(statement.id),
    });
    this.edits = new StudyEdits(this.state, {
      finishEditing: () => this.panel.finishEditing(),
      say: (text) => this.say(text),
      draw: () => this.draw(),
      drawFooter: () => this.drawFooter(),
    });
    replace(app, this.head,
      el('main', { class: 'study' }, this.viewerHost,
        el('section', { class: 'report', 'aria-label': 'Report' }, this.banner, el('div', { class: 'report-scroll' }, this.body, this.extras), this.note, this.footer)));
    replace(this.body, el('p', { class: 'muted pad' }, 'Loading the report…'));
    document.addEventListener('keydown', this.onKey);
    this.stopPolling = api.poll(2000, () => this.refresh());
  }

  stop(): void {
    this.stopped = true;
    this.stopPolling();
    document.removeEventListener('keydown', this.onKey);
    this.viewer?.stop();
  }

  private key(event: KeyboardEvent): void {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    const key = event.key.toLowerCase();
    if (key === '?') showHelp();
    else if (key === 'n' || key === 'p') this.step(key === 'n' ? 1 : -1);
    else return;
    event.preventDefault();
  }

  /** The light call again and again; the report itself only when there is another version. */
  private async refresh(): Promise<void> {
    const known = this.state.detail;
    try {
      const brief = known ? await api.studyBrief(this.uid) : await api.study(this.uid);
      if (this.stopped) return;
      if (!known || !this.viewer) await this.first(brief.report || !brief.study.reportId ? brief : await api.study(this.uid));
      else await this.later(known, brief);
    } catch (reason) {
      if (reason instanceof api.Unreachable) return; // said by the banner; the next call tries again
      if (!(reason instanceof api.Refused)) {
        this.stopPolling();
        replace(this.body, el('div', { class: 'empty' }, el('h2', {}, 'This page failed'), el('p', { class: 'reason' }, String(reason)), el('p', {}, 'Reload it; the report is also at hand as text and FHIR.')));
        throw reason;
      }
      if (!this.state.detail) {
        replace(this.body, el('div', { class: 'empty' }, el('h2', {}, reason.message), el('p', {}, el('a', { href: '/', 'data-inside': true }, 'Back to the worklist'))));
        this.stopPolling();
      }
    }
  }

  private async first(detail: api.StudyDetail): Promise<void> {
    bindAccount(detail.account);
    this.state.take(detail);
    if (this.state.pending?.restored) this.say('Unsaved edits from this browser were restored.');
    this.viewer = new Viewer(this.uid, [detail.study.patient.name || 'unnamed', aboutPatient(detail.study)]);
    replace(this.viewerHost, this.viewer.element);
    this.draw();
    if (!(await this.viewer.start())) return;
    await this.openFirstSeries();
  }

  private async later(before: api.StudyDetail, brief: api.StudyDetail): Promise<void> {
    const { state } = this;
    if (brief.study.version !== before.study.version || brief.study.state !== before.study.state) {
      const full = await api.study(this.uid);
      if (this.stopped) return;
      if (!state.report || (state.canEdit && state.pending?.count === 0 && !this.panel.editing)) state.take(full);
      else state.detail = full;
      this.draw();
      if (!this.viewer?.shownSeries) await this.openFirstSeries();
      return;
    }
    state.detail = { ...before, study: brief.study, deliveries: brief.deliveries, versions: brief.versions };
    if (JSON.stringify(brief.deliveries) !== JSON.stringify(before.deliveries)) this.drawExtras();
    if (!state.report) this.draw();
    this.drawHead();
  }

  private async openFirstSeries(): Promise<void> {
    this.series = await listSeries(this.uid).catch(() => []);
    const report = this.state.shown;
    const used = report?.study.series?.find((series) => series.used)?.uid;
    const images = this.series.filter((series) => !['SR', 'PR', 'KO', 'SEG', 'DOC'].includes(series.modality));
    const chosen = images.find((series) => series.uid === used) ?? [...images].sort((a, b) => b.instances - a.instances)[0];
    if (!chosen) return;
    this.viewer?.setWindow(presetFor(report?.study.bodyPart || this.state.detail?.study.description || ''));
    await this.openSeries(chosen.uid);
  }

  private async openSeries(uid: string): Promise<void> {
    await this.viewer?.open(uid, this.seriesTitle(uid));
    this.drawMarks();
    this.drawSeries();
  }

  private seriesTitle(uid: string): string {
    const known = this.series.find((series) => series.uid === uid);
    return known ? `${known.number ?? ''} ${known.description || known.modality}`.trim() : 'Series';
  }

  // ---- what a click on a sentence does

  /** Its first place; chosen again, the next of its places. */
  private async choose(statement: Statement): Promise<void> {
    this.place = this.selected === statement.id ? this.place + 1 : 0;
    this.selected = statement.id;
    this.panel.select(statement.id);
    this.lightRows();
    this.drawMarks();
    const places = (this.state.shown ? findingsOf(this.state.shown, statement) : []).flatMap((finding) => (finding.evidence ?? []).map((evidence) => ({ finding, evidence })));
    const chosen = places[this.place % Math.max(places.length, 1)];
    if (!chosen) return this.say('This sentence points to no place in the images.');
    const { finding, evidence: first } = chosen;
    this.viewer?.suggestWindow(presetForFinding(finding));
    await this.viewer?.goTo({ series: first.series, instance: first.instance, frame: first.frame ?? 1 }, (series) => this.seriesTitle(series));
    this.drawSeries();
  }

  private chooseFinding(finding: Finding): void {
    const report = this.state.shown;
    const statement = report && lines(report).map((line) => line.statement).find((one) => one.findings?.includes(finding.id));
    if (statement) void this.choose(statement);
  }

  /** The next or previous sentence that leads to a place, and that place. */
  private step(by: 1 | -1): void {
    const all = this.state.shown ? pointing(this.state.shown) : [];
    const at = all.findIndex(({ id }) => id === this.selected);
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length];
    if (!next) return this.say('No sentence leads to a place in the images.');
    this.panel.focus(next.id);
    void this.choose(next);
  }

  private hover(statement: Statement | undefined): void {
    this.hovered = statement?.id ?? '';
    this.drawMarks();
    this.lightRows();
  }

  private get lit(): Set<string> {
    return new Set(this.state.shown?.statements?.find(({ id }) => id === (this.hovered || this.selected))?.findings ?? []);
  }

  private lightRows(): void {
    for (const row of this.extras.querySelectorAll<HTMLElement>('[data-finding]')) row.classList.toggle('lit', this.lit.has(row.dataset['finding'] ?? ''));
  }

  private drawMarks(): void {
    const report = this.state.shown;
    if (!report) return;
    this.viewer?.setMarks(marksOf(report, this.lit));
    this.viewer?.setTicks(ticksOf(report));
  }

  // ---- drawing

  private draw(): void {
    const { state } = this;
    this.drawHead();
    replace(this.banner, ...banners(state, {
      show: (version) => void this.showVersion(version),
      merge: (newest) => void this.edits.merge(newest),
      mergeOld: (version) => void this.edits.mergeOld(version),
      redraw: () => this.draw(),
    }));
    if (state.shown && state.pending) {
      this.panel.show(state.shown, state.pending, state.canEdit);
      void state.findWriters().then((found) => found && !this.stopped && this.panel.redraw(), () => undefined); // a name that is not to be had is left out
    } else if (state.detail) replace(this.body, waiting(state.detail.study));
    this.drawExtras();
    this.drawFooter();
    this.drawMarks();
  }

  private async showVersion(number: number): Promise<void> {
    this.panel.finishEditing();
    this.say('');
    try {
      await this.state.browse(number);
    } catch (reason) {
      this.say(reason instanceof Error ? reason.message : 'That version is not to be had.');
    }
    this.selected = '';
    this.panel.select('');
    this.draw();
  }

  private drawHead(): void {
    const row = this.state.detail?.study;
    replace(this.head, ...studyHead(row, showHelp));
    if (row) document.title = `${row.patient.name || 'unnamed'} – Tomoscribe`;
  }

  private drawExtras(): void {
    const { detail, shown } = this.state;
    if (!detail) return;
    replace(this.extras,
      shown ? measurementTable(shown, (finding) => this.chooseFinding(finding)) : null,
      shown && detail.deliveries.length ? deliveriesPanel(detail.deliveries, (row) => void this.resend(row.version, row.destination)) : null,
      shown ? downloads(shown, this.state.newest) : null,
      shown ? provenance(shown) : null);
    this.lightRows();
    this.drawSeries();
  }

  private drawSeries(): void {
    this.viewer?.setSeriesMenu(seriesMenu(this.state.shown?.study.series ?? [], this.series, this.viewer.shownSeries, (uid) => void this.openSeries(uid)));
  }

  private drawFooter(): void {
    replace(this.footer, ...this.edits.footer());
  }

  private say(text: string): void {
    this.note.textContent = text;
    this.note.hidden = !text;
    if (text) window.setTimeout(() => this.note.textContent === text && (this.note.hidden = true), noteFor);
  }

  private async resend(version: number, destination: string): Promise<void> {
    if (!this.state.report) return;
    try {
      await api.resend(this.state.report.reportId, version, destination);
      this.say(`Sending to ${destination} again.`);
      await this.refresh();
    } catch (reason) {
      this.say(reason instanceof Error ? reason.message : 'Not sent.');
    }
  }
}
