// Outlines of evidence over the slice: drawn here, because they are shown, never edited.

import { svg } from './dom.ts';
import type { Vec3 } from './dicomweb.ts';
import { outcomes } from './report_model.ts';
import type { Outcome } from './report_types.ts';

export interface Mark {
  instance: string;
  frame: number;
  outlines: [number, number][][]; ///< pixel coordinates as SCOORD
  point?: Vec3; ///< LPS mm
  label: string;
  outcome: Outcome;
  lit: boolean; ///< the one that was asked for
}

export class Overlay {
  readonly element = svg('svg', { class: 'marks', 'aria-hidden': 'true' });

  /** The viewport puts its canvas into the same host: this belongs above it. */
  raise(): void {
    this.element.parentElement?.append(this.element);
  }

  draw(marks: Mark[], place: (point: [number, number] | Vec3) => [number, number]): void {
    this.element.replaceChildren();
    for (const mark of marks) {
      const group = svg('g', { class: `mark ${outcomes[mark.outcome].style}${mark.lit ? ' lit' : ''}` });
      let anchor: [number, number] | undefined;
      const reach = ([x, y]: [number, number]): void => {
        if (!anchor || y < anchor[1]) anchor = [x, y];
      };
      for (const outline of mark.outlines) {
        const points = outline.map((point) => place(point));
        points.forEach(reach);
        group.append(svg('polygon', { points: points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ') }));
      }
      if (mark.point && mark.outlines.length === 0) {
        const [x, y] = place(mark.point);
        reach([x, y - 12]);
        group.append(svg('circle', { cx: x, cy: y, r: 12 }), svg('path', { d: `M${x - 18} ${y}h8M${x + 10} ${y}h8M${x} ${y - 18}v8M${x} ${y + 10}v8` }));
      }
      if (anchor && mark.label) {
        const text = svg('text', { x: anchor[0], y: anchor[1] - 8 });
        text.textContent = mark.label;
        group.append(text);
      }
      this.element.append(group);
    }
  }
}
