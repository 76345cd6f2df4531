// CT windows as readers know them, in HU.

import type { Finding } from './report_types.ts';

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

/** What a finding is seen in best, by what it is and where; fluid and lymph nodes of the chest are soft tissue. */
export function presetForFinding({ title, site, observation }: Finding): Preset {
  const [lung, soft, bone, brain] = presets;
  const what = [title, site?.meaning, observation?.meaning].filter(Boolean).join(' ');
  if (/effusion|lymph|mediastin|hilar|heart|aort/i.test(what)) return soft;
  if (/bone|vertebra|spine|\brib|sternum|fracture|femur|pelvis bone|calvari/i.test(what)) return bone;
  if (/brain|cerebr|cerebell|intracranial|ventric|\bhead\b/i.test(what)) return brain;
  return /lung|pulmonary|airway|trache|bronch|pneumothorax|emphysema|lobe/i.test(what) ? lung : soft;
}
