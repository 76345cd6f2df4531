// Series and slice headers from WADO-RS, put into the order in which a reader scrolls.

type Attribute = { vr: string; Value?: unknown[] };
export type Header = Record<string, Attribute>;

export interface Slice {
  instance: string;
  frame: number;
  imageId: string;
  header: Header;
  position?: Vec3; ///< LPS mm, centre of the first pixel
  row?: Vec3; ///< direction of growing column index
  column?: Vec3; ///< direction of growing row index
  spacing: [number, number]; ///< mm between rows, between columns
  along?: number; ///< mm along the stack's normal
  thickness?: number; ///< mm
}
export type Vec3 = [number, number, number];

const numbers = (header: Header, tag: string): number[] => (header[tag]?.Value ?? []).map(Number).filter(Number.isFinite);
export const text = (header: Header, tag: string): string => String(header[tag]?.Value?.[0] ?? '');

const root = `${location.origin}/dicom-web`;
const seriesUrl = (study: string, series: string): string => `${root}/studies/${study}/series/${series}`;

async function json(url: string): Promise<Header[]> {
  const response = await fetch(url, { headers: { Accept: 'application/dicom+json' } });
  if (!response.ok) throw new Error((await response.text()).trim() || `the images are not to be had (${response.status})`);
  return (await response.json()) as Header[];
}

export interface ImageSeries {
  uid: string;
  number?: number;
  modality: string;
  description: string;
  instances: number;
}

export async function listSeries(study: string): Promise<ImageSeries[]> {
  const rows = await json(`${root}/studies/${study}/series`);
  return rows.map((row) => {
    const number = numbers(row, '00200011')[0];
    return {
      uid: text(row, '0020000E'),
      ...(number === undefined ? {} : { number }),
      modality: text(row, '00080060'),
      description: text(row, '0008103E'),
      instances: numbers(row, '00201209')[0] ?? 0,
    };
  });
}

function vector(values: number[], from = 0): Vec3 | undefined {
  const [x, y, z] = values.slice(from, from + 3);
  return x === undefined || y === undefined || z === undefined ? undefined : [x, y, z];
}
const cross = (a: Vec3, b: Vec3): Vec3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Plane of one frame: of an Enhanced CT from its functional groups (PS3.3 C.7.6.16), else from the header. */
function planeHeader(header: Header, frame: number): Header {
  const groups = header['52009230']?.Value as Header[] | undefined;
  const shared = (header['52009229']?.Value as Header[] | undefined)?.[0];
  const own = groups?.[frame - 1];
  if (!own && !shared) return header;
  const macro = (tag: string): Header =>
    ((own?.[tag]?.Value as Header[] | undefined)?.[0] ?? (shared?.[tag]?.Value as Header[] | undefined)?.[0] ?? {});
  return { ...header, ...macro('00209113'), ...macro('00209116'), ...macro('00289110') };
}

function slicesOf(study: string, series: string, header: Header): Slice[] {
  const instance = text(header, '00080018');
  if (!numbers(header, '00280010').length) return []; // no pixels
  const frames = numbers(header, '00280008')[0] ?? 1;
  return Array.from({ length: Math.max(1, frames) }, (_, i) => {
    const plane = planeHeader(header, i + 1);
    const cosines = numbers(plane, '00200037');
    const position = vector(numbers(plane, '00200032'));
    const row = vector(cosines, 0);
    const column = vector(cosines, 3);
    const [between = 1, across = 1] = numbers(plane, '00280030');
    const thickness = numbers(plane, '00180050')[0];
    return {
      instance,
      frame: i + 1,
      imageId: `wadors:${seriesUrl(study, series)}/instances/${instance}/frames/${i + 1}`,
      header,
      ...(position ? { position } : {}),
      ...(row && column ? { row, column } : {}),
      ...(thickness === undefined ? {} : { thickness }),
      spacing: [between, across] as [number, number],
    };
  });
}

const leastAxial = Math.cos(Math.PI / 4);
const leastParallel = Math.cos((2 * Math.PI) / 180);

/** Whether all slices lie across the body and parallel; tilted gantries count. */
function isAxial(slices: Slice[], normal: Vec3): boolean {
  return Math.abs(normal[2]) > leastAxial && slices.every(({ row, column }) => row && column && dot(cross(row, column), normal) > leastParallel);
}
/** Slices along their normal: axial ones from the head down, others as their numbers run, which is how the scanner's console shows them. */
export async function loadSlices(study: string, series: string): Promise<Slice[]> {
  const headers = await json(`${seriesUrl(study, series)}/metadata`);
  const number = (slice: Slice): number => numbers(slice.header, '00200013')[0] ?? 0;
  const slices = headers.flatMap((header) => slicesOf(study, series, header));
  slices.sort((a, b) => number(a) - number(b) || a.frame - b.frame);
  const first = slices.find((slice) => slice.row && slice.column);
  if (!first?.row || !first.column || slices.some((slice) => !slice.position)) return slices;
  const normal = cross(first.row, first.column);
  for (const slice of slices) slice.along = dot(slice.position ?? [0, 0, 0], normal);
  const numbered = (slices.at(-1)?.along ?? 0) >= (slices[0]?.along ?? 0) ? 1 : -1;
  const rising = isAxial(slices, normal) ? -Math.sign(normal[2]) : numbered;
  return slices.sort((a, b) => rising * ((a.along ?? 0) - (b.along ?? 0)) || number(a) - number(b));
}

/** LPS point of pixel coordinates as SCOORD has them: (0.5, 0.5) is the centre of the first pixel (PS3.3 C.18.6). */
export function pixelToPatient(slice: Slice, [column, row]: [number, number]): Vec3 {
  const position = slice.position ?? [0, 0, 0];
  const along = slice.row ?? [1, 0, 0];
  const down = slice.column ?? [0, 1, 0];
  const right = (column - 0.5) * slice.spacing[1];
  const below = (row - 0.5) * slice.spacing[0];
  return [0, 1, 2].map((i) => (position[i] ?? 0) + (along[i] ?? 0) * right + (down[i] ?? 0) * below) as Vec3;
}

/** Pixel (column, row), from 0, on which an LPS point falls. */
export function patientToPixel(slice: Slice, point: Vec3): [number, number] {
  const position = slice.position ?? [0, 0, 0];
  const from: Vec3 = [point[0] - position[0], point[1] - position[1], point[2] - position[2]];
  return [Math.round(dot(from, slice.row ?? [1, 0, 0]) / slice.spacing[1]), Math.round(dot(from, slice.column ?? [0, 1, 0]) / slice.spacing[0])];
}

/** "R", "LA", …: which side of the patient a direction points to. */
export function side(direction: Vec3 | undefined): string {
  if (!direction) return '';
  const letters: [string, string][] = [['L', 'R'], ['P', 'A'], ['H', 'F']];
  return direction
    .map((value, i) => ({ size: Math.abs(value), letter: letters[i]?.[value > 0 ? 0 : 1] ?? '' }))
    .filter(({ size }) => size > 0.35)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join('');
}
