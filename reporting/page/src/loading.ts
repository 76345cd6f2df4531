// Slices are fetched nearest to the one shown first, a few at a time.

import { imageLoader } from '@cornerstonejs/core';

const atOnce = 4;

export class NearestFirst {
  private waiting: Set<number>;
  private flying = 0;
  private loadedCount = 0;
  private centre = 0;
  private stopped = false;

  constructor(private readonly imageIds: string[], private readonly loaded: (count: number, index: number) => void) {
    this.waiting = new Set(imageIds.keys());
  }

  moveTo(index: number): void {
    this.centre = index;
    this.pump();
  }
  stop(): void {
    this.stopped = true;
  }

  private nearest(): number | undefined {
    let best: number | undefined;
    for (const index of this.waiting)
      if (best === undefined || Math.abs(index - this.centre) < Math.abs(best - this.centre)) best = index;
    return best;
  }

  private pump(): void {
    while (!this.stopped && this.flying < atOnce) {
      const index = this.nearest();
      if (index === undefined) return;
      this.waiting.delete(index);
      this.flying++;
      imageLoader
        .loadAndCacheImage(this.imageIds[index] ?? '', { preScale: { enabled: true }, useRGBA: false, requestType: 'prefetch', priority: 0 } as never)
        .then(() => this.loaded(++this.loadedCount, index))
        .catch(() => undefined) // shown when the reader comes to that slice
        .finally(() => {
          this.flying--;
          this.pump();
        });
    }
  }
}
