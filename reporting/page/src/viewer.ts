// The slices: cornerstone3D's stack viewport with the presets, keys and overlays a CT reader expects.

import { init as initCore, Enums, RenderingEngine, getShouldUseCPURendering, type Types } from '@cornerstonejs/core';
import * as imageLoading from '@cornerstonejs/dicom-image-loader';
import * as tools from '@cornerstonejs/tools';
import { loadSlices, patientToPixel, pixelToPatient, type Slice, type Vec3 } from './dicomweb.ts';
import { el, isTyping } from './dom.ts';
import { NearestFirst } from './loading.ts';
import { Overlay, type Mark } from './overlay.ts';
import { presets, type Preset } from './presets.ts';
import { Corners } from './viewer_corners.ts';
import { dragTools, ViewerTools } from './viewer_tools.ts';

let started: Promise<void> | undefined;
function start(): Promise<void> {
  started ??= (async () => {
    await initCore();
    await tools.init();
    imageLoading.init({ maxWebWorkers: Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)) });
    for (const tool of [tools.WindowLevelTool, tools.PanTool, tools.ZoomTool]) tools.addTool(tool);
  })();
  return started;
}

const viewportId = 'ct';
const engineId = 'review';
const leastDrag = 3; ///< px of dragging for one slice

/** What stands on the slider: where findings lie. */
export interface Tick {
  series: string;
  instance: string;
  frame: number;
  label: string;
}

export class Viewer {
  readonly element = el('section', { class: 'viewer', 'aria-label': 'Images' });
  private readonly stage = el('div', { class: 'stage', tabindex: 0, 'aria-label': 'CT slices; arrow keys scroll' });
  private readonly canvasHost = el('div', { class: 'canvas-host' });
  private readonly slider = el('input', { type: 'range', class: 'slider', min: 0, max: 0, value: 0, 'aria-label': 'Slice' });
  private readonly ticks = el('div', { class: 'ticks', 'aria-hidden': 'true' });
  private readonly loadedBar = el('div', { class: 'loaded' });
  private readonly message = el('div', { class: 'stage-message', role: 'status' });
  private readonly corners: Corners;
  private readonly bar = new ViewerTools((preset) => this.chooseWindow(preset), () => this.reset());
  private readonly overlay = new Overlay();
  private engine?: RenderingEngine;
  private viewport?: Types.IStackViewport;
  private slices: Slice[] = [];
  private loading?: NearestFirst;
  private series = '';
  private index = 0;
  private wheel = 0;
  private wanted = -1;
  private settingIndex = false;
  private window: { centre: number; width: number } = presets[1];
  private windowByHand = false; ///< the reader chose it: no jump changes it
  private pointer: Types.Point2 | undefined; ///< on the canvas, px
  private drag: { y: number; index: number } | undefined; ///< of the left button, where it began
  private marks: Mark[] = [];
  private tickList: Tick[] = [];
  private opening = 0;
  private readonly onKey = (event: KeyboardEvent): void => this.key(event);
  private readonly release = (): void => {
    this.drag = undefined;
  };
  private readonly resized = new ResizeObserver(() => this.engine?.resize(true, true));

  constructor(private readonly study: string, patientLine: string[]) {
    this.corners = new Corners(patientLine);
    this.element.append(this.bar.element, this.stage, this.bottom());
    this.canvasHost.append(this.overlay.element);
    this.stage.append(this.canvasHost, ...this.corners.elements, this.message);
    this.stage.addEventListener('wheel', (event) => this.scrollWheel(event), { passive: false });
    this.stage.addEventListener('contextmenu', (event) => event.preventDefault());
    this.stage.addEventListener('pointerdown', (event) => this.press(event));
    this.stage.addEventListener('pointermove', (event) => this.move(event));
    this.stage.addEventListener('pointerleave', () => {
      this.pointer = undefined;
      this.corners.value(undefined);
    });
    document.addEventListener('pointerup', this.release);
    this.slider.addEventListener('input', () => this.show(Number(this.slider.value)));
    document.addEventListener('keydown', this.onKey);
  }

  private bottom(): HTMLElement {
    const track = el('div', { class: 'track' }, this.loadedBar, this.ticks, this.slider);
    return el('div', { class: 'scroll-bar' }, track);
  }

  /** Makes the viewport; the sentence is shown where a browser can draw no images. */
  async start(): Promise<boolean> {
    try {
      await start();
      tools.ToolGroupManager.destroyToolGroup('review');
      this.engine = new RenderingEngine(engineId);
      this.engine.enableElement({ viewportId, type: Enums.ViewportType.STACK, element: this.canvasHost, defaultOptions: { background: [0, 0, 0] } });
      this.viewport = this.engine.getViewport(viewportId) as Types.IStackViewport;
      const group = tools.ToolGroupManager.createToolGroup('review');
      for (const name of dragTools) group?.addTool(name);
      group?.addViewport(viewportId, engineId);
      this.bar.attach(group);
    } catch {
      this.say('This browser cannot draw the images (neither WebGL nor a canvas). The report beside is complete; open the study in your PACS viewer.');
      return false;
    }
    if (getShouldUseCPURendering()) this.element.append(el('p', { class: 'slow-note' }, 'No WebGL in this browser: images are drawn without the graphics card, which is slower.'));
    const host = this.canvasHost;
    host.addEventListener(Enums.Events.IMAGE_RENDERED, () => this.rendered());
    host.addEventListener(Enums.Events.CAMERA_MODIFIED, () => this.drawMarks());
    host.addEventListener(Enums.Events.VOI_MODIFIED, () => this.windowChanged());
    this.resized.observe(host);
    this.overlay.raise();
    return true;
  }

  stop(): void {
    this.opening++;
    this.loading?.stop();
    this.resized.disconnect();
    document.removeEventListener('keydown', this.onKey);
    document.removeEventListener('pointerup', this.release);
    tools.ToolGroupManager.destroyToolGroup('review');
    this.engine?.destroy();
  }

  private say(text: string): void {
    this.message.textContent = text;
    this.message.hidden = !text;
  }

  get shownSeries(): string {
    return this.series;
  }

  /** Opens a series at `at`, or in its middle. */
  async open(series: string, title: string, at?: { instance: string; frame: number }): Promise<void> {
    if (!this.viewport) return;
    const mine = ++this.opening;
    this.loading?.stop();
    this.say('Loading images…');
    let slices: Slice[];
    try {
      slices = await loadSlices(this.study, series);
    } catch (reason) {
      if (mine === this.opening) this.say(`The images cannot be shown: ${reason instanceof Error ? reason.message : 'no answer'}`);
      return;
    }
    if (mine !== this.opening) return;
    if (slices.length === 0) return this.say('This series holds no images.');
    this.series = series;
    this.slices = slices;
    this.corners.series(title, slices);
    for (const slice of slices) imageLoading.wadors.metaDataManager.add(slice.imageId, slice.header as never);
    const ids = slices.map((slice) => slice.imageId);
    const found = at ? this.find(at.instance, at.frame) : -1;
    this.index = found >= 0 ? found : Math.floor(slices.length / 2);
    this.slider.max = String(slices.length - 1);
    this.loadedBar.style.width = '0';
    this.drawTicks();
    const window = this.window; // the first image would bring its own
    try {
      await this.viewport.setStack(ids, this.index);
    } catch {
      return this.say('This slice cannot be shown: its pixels did not arrive or cannot be decoded.');
    }
    if (mine !== this.opening) return;
    this.say('');
    this.setWindow(window);
    this.viewport.resetCamera();
    this.viewport.render();
    this.loading = new NearestFirst(ids, (count) => {
      if (mine === this.opening) this.loadedBar.style.width = `${(100 * count) / ids.length}%`;
    });
    this.loading.moveTo(this.index);
    this.labels();
  }

  private find(instance: string, frame: number): number {
    return this.slices.findIndex((slice) => slice.instance === instance && slice.frame === frame);
  }

  /** Shows the slice `index`; steps that come while one is drawn are joined into one. */
  show(index: number): void {
    if (!this.viewport || this.slices.length === 0) return;
    this.wanted = Math.max(0, Math.min(index, this.slices.length - 1));
    this.index = this.wanted;
    this.labels();
    this.loading?.moveTo(this.wanted);
    if (!this.settingIndex) void this.catchUp();
  }

  private async catchUp(): Promise<void> {
    this.settingIndex = true;
    try {
      while (this.wanted >= 0) {
        const target = this.wanted;
        this.wanted = -1;
        try {
          await this.viewport?.setImageIdIndex(target);
          this.say('');
        } catch {
          this.say('This slice cannot be shown: its pixels did not arrive or cannot be decoded.');
        }
      }
    } finally {
      this.settingIndex = false;
    }
    this.drawMarks();
  }

  /** Jumps to the slice of some evidence; `marks` are drawn wherever their slice is shown. */
  async goTo(place: { series: string; instance: string; frame: number }, title: (series: string) => string): Promise<void> {
    if (place.series !== this.series) return this.open(place.series, title(place.series), place);
    const found = this.find(place.instance, place.frame);
    if (found >= 0) this.show(found);
    this.drawMarks();
  }

  setSeriesMenu(menu: HTMLElement | null): void {
    this.bar.showSeries(menu);
  }

  setMarks(marks: Mark[]): void {
    this.marks = marks;
    this.drawMarks();
  }

  setTicks(list: Tick[]): void {
    this.tickList = list;
    this.drawTicks();
  }

  private drawTicks(): void {
    this.ticks.replaceChildren();
    const last = Math.max(1, this.slices.length - 1);
    for (const tick of this.tickList) {
      const at = tick.series === this.series ? this.find(tick.instance, tick.frame) : -1;
      if (at < 0) continue;
      const made = el('span', { class: 'tick', title: tick.label });
      made.style.left = `${(100 * at) / last}%`;
      this.ticks.append(made);
    }
  }

  private drawMarks(): void {
    const slice = this.slices[this.index];
    const viewport = this.viewport;
    if (!slice || !viewport) return this.overlay.draw([], () => [0, 0]);
    const here = this.marks.filter((mark) => mark.instance === slice.instance && mark.frame === slice.frame);
    this.overlay.draw(here, (point) => {
      const world: Vec3 = point.length === 3 ? point : pixelToPatient(slice, point);
      const [x = 0, y = 0] = viewport.worldToCanvas(world);
      return [x, y];
    });
  }

  /** For what comes into view, unless the reader has chosen a window by hand. */
  suggestWindow(preset: Preset): void {
    if (!this.windowByHand) this.setWindow(preset);
  }

  private chooseWindow(preset: Preset): void {
    this.windowByHand = true;
    this.setWindow(preset);
  }

  setWindow(window: { centre: number; width: number }): void {
    this.window = { centre: window.centre, width: window.width };
    this.viewport?.setProperties({ voiRange: { lower: window.centre - window.width / 2, upper: window.centre + window.width / 2 } });
    this.viewport?.render();
    this.windowLabels();
  }

  private windowChanged(): void {
    const range = this.viewport?.getProperties().voiRange;
    if (!range) return;
    if (this.drag && this.bar.drag === 'window') this.windowByHand = true;
    this.window = { centre: (range.lower + range.upper) / 2, width: range.upper - range.lower };
    this.windowLabels();
  }

  private windowLabels(): void {
    const { centre, width } = this.window;
    this.corners.window(centre, width, this.viewport ? this.viewport.getZoom() : 1);
    this.bar.showWindow(this.window);
  }

  private labels(): void {
    const slice = this.slices[this.index];
    this.slider.value = String(this.index);
    this.corners.slice(slice, this.index, this.slices.length);
    this.slider.setAttribute('aria-valuetext', `slice ${this.index + 1} of ${this.slices.length}`);
  }

  private rendered(): void {
    this.drawMarks();
    this.windowLabels();
    if (this.pointer) this.corners.value(this.valueAt(this.pointer));
    this.stage.dataset['rendered'] = String(this.viewport?.getCurrentImageIdIndex() ?? -1);
  }

  private press(event: PointerEvent): void {
    if (event.button === 0) this.drag = { y: event.clientY, index: this.index };
  }

  private move(event: PointerEvent): void {
    if (this.drag && this.bar.drag === 'scroll') {
      const each = Math.max(leastDrag, this.stage.clientHeight / Math.max(1, this.slices.length));
      this.show(this.drag.index + Math.round((event.clientY - this.drag.y) / each));
    }
    const box = this.canvasHost.getBoundingClientRect();
    this.pointer = [event.clientX - box.left, event.clientY - box.top];
    this.corners.value(this.valueAt(this.pointer));
  }

  /** HU of the pixel under a point of the canvas. */
  private valueAt(point: Types.Point2): number | undefined {
    const slice = this.slices[this.index];
    const image = this.viewport?.getImageIds().length ? this.viewport.getCornerstoneImage() : undefined;
    if (!image || !slice?.position || image.imageId !== slice.imageId) return undefined;
    const [column, row] = patientToPixel(slice, this.viewport?.canvasToWorld(point) as Vec3);
    if (column < 0 || row < 0 || column >= image.columns || row >= image.rows) return undefined;
    const stored = image.getPixelData()[row * image.columns + column];
    if (stored === undefined || image.color) return undefined;
    return image.preScale?.scaled ? stored : stored * image.slope + image.intercept;
  }

  private reset(): void {
    this.viewport?.resetCamera();
    this.viewport?.render();
  }

  private scrollWheel(event: WheelEvent): void {
    if (event.ctrlKey) return;
    event.preventDefault();
    // A mouse's notch is one slice; a touch pad's many small steps add up to one.
    this.wheel += event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY / 60 : event.deltaY;
    const notch = Math.abs(event.deltaY) >= 60 || event.deltaMode !== WheelEvent.DOM_DELTA_PIXEL;
    const steps = notch ? Math.sign(event.deltaY) : Math.trunc(this.wheel);
    if (steps === 0) return;
    this.wheel = notch ? 0 : this.wheel - steps;
    this.show(this.index + steps);
  }

  private key(event: KeyboardEvent): void {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    if (event.target === this.slider && event.key.startsWith('Arrow')) return;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -1e6, End: 1e6 };
    const step = steps[event.key];
    const preset = presets[Number(event.key) - 1];
    if (step !== undefined) this.show(this.index + step);
    else if (preset) this.chooseWindow(preset);
    else if (event.key === 'r' || event.key === 'R') this.reset();
    else return;
    event.preventDefault();
  }
}
