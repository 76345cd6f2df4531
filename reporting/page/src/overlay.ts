// Outlines of evidence over the slice: drawn here, because they are shown, never edited.

import type { Vec3 } from './dicomweb.ts';
import { svg } from './dom.ts';

export interface Mark {
  instance: string;
  frame: number;
  outlines: [number, number][][]; ///< pixel coordinates as SCOORD
  point?: Vec3; ///< LPS mm
  label: string;
  style: string;
}

const topStrip = 44; ///< px that the letter of the image's upper side takes
const lineHeight = 18; ///< px
const halfLetter = 3.6; ///< px, about

export class Overlay {
  readonly element = svg('svg', { class: 'marks', 'aria-hidden': 'true' });

  /** The viewport puts its canvas into the same host: this belongs above it. */
  raise(): void {
    this.element.parentElement?.append(this.element);
  }

  draw(marks: Mark[], place: (point: [number, number] | Vec3) => [number, number]): void {
    this.element.replaceChildren();
    const taken: [number, number][] = [];
    for (const mark of marks) {
      const group = svg('g', { class: `mark ${mark.style}` });
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
        reach([x, y - 16]);
        group.append(svg('circle', { cx: x, cy: y, r: 16 }), svg('path', { d: `M${x - 24} ${y}h10M${x + 14} ${y}h10M${x} ${y - 24}v10M${x} ${y + 14}v10` }));
      }
      if (anchor && mark.label) group.append(...this.label(mark.label, anchor, taken));
      this.element.append(group);
    }
  }

  /** Above its outline, inside the image, below the orientation letter, and on no other label. */
  private label(words: string, [atX, atY]: [number, number], taken: [number, number][]): SVGElement[] {
    const half = words.length * halfLetter;
    const x = Math.max(half + 8, Math.min(atX, this.element.getBoundingClientRect().width - half - 8));
    let y = Math.max(topStrip, atY - 8);
    while (taken.some(([otherX, otherY]) => Math.abs(otherY - y) < lineHeight && Math.abs(otherX - x) < 2 * half)) y += lineHeight;
    taken.push([x, y]);
    const text = svg('text', { x, y });
    text.textContent = words;
    return [svg('rect', { x: x - half - 4, y: y - 14, width: 2 * half + 8, height: lineHeight + 1, rx: 4 }), text];
  }
}
