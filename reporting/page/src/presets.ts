// CT windows as readers know them, in HU.

export interface Preset {
  name: string;
  centre: number;
  width: number;
}
export const presets: [Preset, Preset, Preset, Preset] = [
  { name: 'Lung', centre: -600, width: 1500 },
  { name: 'Soft tissue', centre: 40, width: 400 },
  { name: 'Bone', centre: 400, width: 1800 },
  { name: 'Brain', centre: 40, width: 80 },
];

/** What a reader of that body region opens with; `part` as in the report's study.bodyPart. */
export function presetFor(part: string): Preset {
  const [lung, soft, , brain] = presets;
  if (/chest|thorax|lung/i.test(part)) return lung;
  return /head|brain|skull/i.test(part) ? brain : soft;
}
