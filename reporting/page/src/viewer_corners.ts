// What is written over the image: whose it is, where it lies, how it is shown.

import { side, text, type Slice, type Vec3 } from './dicomweb.ts';
import { el, replace } from './dom.ts';

const back = (v: Vec3 | undefined): Vec3 | undefined => (v ? [-v[0], -v[1], -v[2]] : undefined);

export class Corners {
  private readonly tl = el('div', { class: 'corner tl' });
  private readonly tr = el('div', { class: 'corner tr' });
  private readonly bl = el('div', { class: 'corner bl' });
  private readonly br = el('div', { class: 'corner br' });
  private readonly sides = ['left', 'right', 'top', 'bottom'].map((where) => el('div', { class: `side side-${where}` }));
  private readonly pointed = el('div', { class: 'pointed' });
  private readonly shown = el('div', {});
  readonly elements = [this.tl, this.tr, this.bl, this.br, ...this.sides];

  constructor(patient: string[]) {
    replace(this.tl, ...patient.map((line) => el('div', { class: 'one-line', title: line }, line)));
    replace(this.br, this.pointed, this.shown);
  }

  series(title: string, slices: Slice[]): void {
    const kernel = slices[0] ? (slices[0].header['00181210']?.Value ?? []).join(' ') : '';
    replace(this.tr, el('div', {}, title), kernel ? el('div', {}, `kernel ${kernel}`) : null, el('div', {}, `${slices.length} images`));
  }

  slice(slice: Slice | undefined, index: number, count: number): void {
    const number = slice ? text(slice.header, '00200013') : '';
    const lines = [
      number && number !== String(index + 1) ? `image number ${number}` : '',
      slice?.along === undefined ? '' : `position ${slice.along.toFixed(1)} mm`,
      slice?.thickness === undefined ? '' : `thickness ${slice.thickness} mm`,
    ];
    replace(this.bl, el('div', { class: 'slice-number', 'data-slice': index + 1 }, `${index + 1} / ${count}`), ...lines.filter(Boolean).map((line) => el('div', {}, line)));
    const letters = [side(back(slice?.row)), side(slice?.row), side(back(slice?.column)), side(slice?.column)];
    this.sides.forEach((element, i) => (element.textContent = letters[i] ?? ''));
  }

  window(centre: number, width: number, zoom: number): void {
    replace(this.shown, el('div', {}, `C ${Math.round(centre)}   W ${Math.round(width)} HU`), el('div', {}, `zoom ${Math.round(zoom * 100)} %`));
  }

  value(hu: number | undefined): void {
    this.pointed.textContent = hu === undefined ? '' : `${Math.round(hu)} HU at the pointer`;
  }
}
