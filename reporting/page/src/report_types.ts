// The JSON of a report (reporting/report_json.cpp) and of the worklist. Empty values are left out of it.

export type Outcome = 'verified' | 'consistent' | 'unverified' | 'contradicted' | 'not assessable';
export type StudyState = 'receiving' | 'queued' | 'analysing' | 'drafted' | 'signed' | 'unsuitable' | 'failed';
export type ReportState = 'draft' | 'preliminary' | 'final' | 'corrected' | 'appended' | 'withdrawn';

export interface StudyRow {
  uid: string;
  state: StudyState;
  reason?: string;
  stage?: string;
  progress: number;
  patient: { name?: string; id?: string; birthDate?: string; sex?: string };
  accession?: string;
  description?: string;
  started?: string;
  received: string;
  series: number;
  instances: number;
  conflicts: number;
  reportId?: string;
  version: number;
  signedVersion?: number; ///< newest signed version; 0 or absent: none
  reportState?: ReportState;
  newerDraft: boolean;
}

export interface DeliveryRow {
  destination: string;
  kind: string;
  state: string;
  version: number;
  attempts: number;
  lastError?: string;
}

export interface Code {
  value?: string;
  scheme?: string;
  meaning?: string;
}
export interface Name {
  family?: string;
  given?: string;
  middle?: string;
  prefix?: string;
  suffix?: string;
}
export interface Signer {
  id?: string;
  name: Name;
  organisation?: string;
}
export interface Verification {
  outcome: Outcome;
  check?: string;
  reason?: string;
}
export interface Measurement {
  id: string;
  name?: string; ///< "aerated volume"
  concept?: Code;
  value?: number;
  unit?: Code;
  decimals?: number;
  uncertainty?: number;
  lowerBound?: boolean;
  method?: string;
  conditions?: string[];
  notAssessed?: string;
}
export interface Evidence {
  id: string;
  series: string;
  instance: string;
  frame?: number;
  image?: number; ///< number of the image in its series
  regions?: { outline: [number, number][] }[];
  pointMm?: [number, number, number];
  caption?: string;
}
export interface Finding {
  id: string;
  title?: string; ///< "Right lung"
  observation?: Code;
  site?: Code;
  laterality?: string;
  presence?: string;
  measurements?: Measurement[];
  evidence?: Evidence[];
  citations?: { id: string; text: string; doi?: string }[];
  recommendation?: string;
  notAssessed?: string;
  verification: Verification;
  critical?: boolean;
}
export interface Statement {
  id: string;
  section: string;
  text: string;
  findings?: string[];
  author: 'geometry' | 'model' | 'person';
  verification: Verification;
  replaces?: string;
  removed?: boolean;
}
/** Geometry and quality of a series that was read. */
export interface SeriesHealth {
  images: number;
  columns: number;
  rows: number;
  pixelMm: number;
  spacingMm: number;
  jitterMm: number;
  tiltDegrees: number;
  coverageMm: number;
  thicknessMm?: number;
  gaps?: string[];
  resampled?: boolean;
  kernel?: string;
  kernelClass?: string;
  kvp?: number;
  contrast?: string;
  lossy?: boolean;
  verdicts?: { use: string; reason?: string }[];
}
export interface SeriesUse {
  uid: string;
  number?: number;
  modality?: string;
  description?: string;
  instances?: number;
  used?: boolean;
  reason?: string;
  health?: SeriesHealth;
}
export interface Report {
  reportId: string;
  number: number;
  state: ReportState;
  created: string;
  predecessor?: number;
  editedBy?: Signer;
  signature?: { signer: Signer; when: string };
  study: {
    uid: string;
    patient?: { id?: string; name?: Name; birthDate?: string; sex?: string };
    accession?: string;
    description?: string;
    started?: string;
    bodyPart?: string;
    series?: SeriesUse[];
  };
  order?: { indication?: string; history?: string };
  findings?: Finding[];
  statements?: Statement[];
  provenance?: { product?: string; codeVersion?: string; modelName?: string; weightsChecksum?: string; steps?: string[] };
}

/** To the server: `statement` replaces one (empty text: struck out), without it a new sentence. */
export interface StatementEdit {
  statement?: string;
  section?: string;
  text: string;
}
