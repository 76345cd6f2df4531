// What a sentence was, and what it is now.

export interface Piece {
  kind: 'same' | 'gone' | 'new';
  text: string;
}

/** Below this share of words kept, two sentences are read better one after the other than woven together. */
const leastKept = 0.5;
const mostCells = 1_000_000;

/** How many words the tails of `a` and `b` share, for every pair of starts (longest common subsequence). */
function common(a: string[], b: string[]): (i: number, j: number) => number {
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => length[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; --i)
    for (let j = b.length - 1; j >= 0; --j)
      length[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  return at;
}

/** Word by word, pieces to be set with a space between; the whole old text, then the new one, when little of it is kept. */
export function difference(before: string, after: string): Piece[] {
  const whole: Piece[] = [{ kind: 'gone', text: before.trim() }, { kind: 'new', text: after.trim() }];
  const a = before.split(/\s+/).filter(Boolean);
  const b = after.split(/\s+/).filter(Boolean);
  if (a.length * b.length > mostCells) return whole;
  const at = common(a, b);
  if (at(0, 0) < leastKept * Math.max(a.length, b.length)) return whole;
  const pieces: Piece[] = [];
  const add = (kind: Piece['kind'], word = ''): void => {
    const last = pieces.at(-1);
    if (last?.kind === kind) last.text += ` ${word}`;
    else pieces.push({ kind, text: word });
  };
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add('same', a[i++]);
      ++j;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      add('gone', a[i++]);
    } else {
      add('new', b[j++]);
    }
  }
  return pieces;
}
