// The bar above the image: series, windows, and what dragging does.

import * as tools from '@cornerstonejs/tools';
import { button, el, replace } from './dom.ts';
import { presets, type Preset } from './presets.ts';

/** What the left button drags; scrolling is the viewer's own. */
const drags = { scroll: undefined, window: tools.WindowLevelTool.toolName, pan: tools.PanTool.toolName, zoom: tools.ZoomTool.toolName };
export type Drag = keyof typeof drags;
const dragWords: [Drag, string, string][] = [
  ['scroll', 'Scroll', 'Drag: through the slices'],
  ['window', 'Window', 'Drag: brightness and contrast'],
  ['pan', 'Pan', 'Drag: move (also middle button)'],
  ['zoom', 'Zoom', 'Drag: zoom (also right button)'],
];
export const dragTools = Object.values(drags).filter((name) => name !== undefined);
type Group = ReturnType<typeof tools.ToolGroupManager.createToolGroup>;

export class ViewerTools {
  readonly element = el('div', { class: 'toolbar', role: 'toolbar', 'aria-label': 'Image tools' });
  drag: Drag = 'window';
  private readonly seriesHost = el('div', { class: 'series-host' });
  private readonly presetButtons: HTMLButtonElement[] = [];
  private readonly dragButtons = new Map<Drag, HTMLButtonElement>();
  private group: Group;

  constructor(window: (preset: Preset) => void, reset: () => void) {
    const windows = el('div', { class: 'button-group' });
    presets.forEach((preset, i) => {
      const made = button(preset.name, { 'data-preset': preset.name, title: `C ${preset.centre}  W ${preset.width} HU — key ${i + 1}`, 'aria-pressed': 'false' }, () => window(preset));
      made.append(el('kbd', {}, String(i + 1)));
      this.presetButtons.push(made);
      windows.append(made);
    });
    const dragging = el('div', { class: 'button-group' });
    for (const [drag, label, hint] of dragWords) {
      const made = button(label, { title: hint, 'data-drag': drag, 'aria-pressed': String(drag === this.drag) }, () => this.setDrag(drag));
      this.dragButtons.set(drag, made);
      dragging.append(made);
    }
    dragging.append(button('Reset', { title: 'Fit the image again — key R' }, reset));
    this.element.append(windows, dragging, this.seriesHost);
  }

  attach(group: Group): void {
    this.group = group;
    this.setDrag(this.drag);
  }

  showSeries(menu: HTMLElement | null): void {
    replace(this.seriesHost, menu);
  }

  showWindow({ centre, width }: { centre: number; width: number }): void {
    presets.forEach((preset, i) =>
      this.presetButtons[i]?.setAttribute('aria-pressed', String(Math.abs(preset.centre - centre) < 0.5 && Math.abs(preset.width - width) < 1.5)),
    );
  }

  private setDrag(drag: Drag): void {
    this.drag = drag;
    const { MouseBindings } = tools.Enums;
    const fixed: Partial<Record<Drag, number>> = { pan: MouseBindings.Auxiliary, zoom: MouseBindings.Secondary };
    for (const name of Object.keys(drags) as Drag[]) {
      this.dragButtons.get(name)?.setAttribute('aria-pressed', String(name === drag));
      const tool = drags[name];
      if (tool === undefined) continue;
      const bindings: { mouseButton?: number; numTouchPoints?: number }[] = [];
      if (name === drag) bindings.push({ mouseButton: MouseBindings.Primary });
      const also = fixed[name];
      if (also !== undefined) bindings.push({ mouseButton: also });
      if (name === 'zoom') bindings.push({ numTouchPoints: 2 });
      this.group?.setToolPassive(tool, { removeAllBindings: true });
      if (bindings.length) this.group?.setToolActive(tool, { bindings });
    }
  }
}
