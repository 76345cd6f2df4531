// The calls of /api, in the form that reporting/review.h describes.

import type { DeliveryRow, Name, Report, Signer, StatementEdit, StudyRow } from './report_types.ts';

export interface StudyDetail {
  study: StudyRow;
  versions: number[];
  deliveries: DeliveryRow[];
  report?: Report;
  label?: string;
  /** The person whom the signed-in account is bound to. */
  account?: Name;
  /** A person's newest version, when a software draft came after it. */
  person?: Report;
}

/** An answer that is not the hoped-for one; `message` is the server's sentence. */
export class Refused extends Error {
  constructor(readonly status: number, message: string, readonly newest?: number) {
    super(message);
  }
}

/** No answer at all, or one that says to try again. */
export class Unreachable extends Error {}

const gone = 'The gateway does not answer. Your edits are kept in this browser; this page tries again by itself.';

function showOffline(offline: boolean): void {
  const banner = document.getElementById('offline');
  if (!banner || banner.hidden === !offline) return;
  banner.hidden = !offline;
  banner.textContent = offline ? gone : '';
}

async function call<T>(path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: body === undefined ? { Accept: 'application/json' } : { Accept: 'application/json', 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    showOffline(true);
    throw new Unreachable(gone);
  }
  if (response.status >= 502 && response.status <= 504) {
    showOffline(true);
    throw new Unreachable(gone);
  }
  showOffline(false);
  if (response.status === 401) location.assign('/login'); // the session ended; edits stay in this browser
  const text = await response.text();
  let json: unknown = {};
  try {
    json = text ? JSON.parse(text) : {};
  } catch {
    // The gateway's own refusals are plain text.
    const plain = !response.ok && response.headers.get('Content-Type')?.startsWith('text/plain');
    throw new Refused(response.status, plain ? text.trim() : 'The answer of the gateway is not understood.');
  }
  if (response.ok) return json as T;
  const { error, newest } = json as { error?: string; newest?: number };
  throw new Refused(response.status, error ?? `The gateway answered ${response.status}.`, newest);
}

const seg = encodeURIComponent;

export const studies = (text: string): Promise<{ studies: StudyRow[]; receiver: { title: string; port: number } }> =>
  call(`/api/studies${text ? `?text=${seg(text)}` : ''}`);
export const study = (uid: string): Promise<StudyDetail> => call(`/api/studies/${seg(uid)}`);
export const studyBrief = (uid: string): Promise<StudyDetail> => call(`/api/studies/${seg(uid)}?brief=1`);
export const version = (report: string, number: number): Promise<Report> =>
  call(`/api/reports/${seg(report)}/versions/${number}`);
export const faceUrl = (report: string, number: number, face: string): string =>
  `/api/reports/${seg(report)}/versions/${number}${face ? `/${face}` : ''}`;

export interface Change {
  base: number;
  edits: StatementEdit[];
  signer: Signer;
}
export const edit = (report: string, change: Change): Promise<{ version: number; report: Report }> =>
  call(`/api/reports/${seg(report)}/edit`, change);
export const sign = (report: string, change: Change): Promise<{ version: number; report: Report }> =>
  call(`/api/reports/${seg(report)}/sign`, change);
export const resend = (report: string, number: number, destination: string): Promise<object> =>
  call(`/api/reports/${seg(report)}/deliveries/resend`, { version: number, destination });

/** Calls `act` now and then every `ms` while the page is visible; returns how to stop. */
export function poll(ms: number, act: () => Promise<void>): () => void {
  let timer = 0;
  let stopped = false;
  const again = async (): Promise<void> => {
    window.clearTimeout(timer);
    if (stopped) return;
    if (!document.hidden) await act().catch((reason: unknown) => reason instanceof Unreachable || reason instanceof Refused || reportError(reason));
    if (!stopped && !document.hidden) timer = window.setTimeout(() => void again(), ms);
  };
  const shown = (): void => {
    if (!document.hidden) void again();
  };
  document.addEventListener('visibilitychange', shown);
  void again();
  return () => {
    stopped = true;
    window.clearTimeout(timer);
    document.removeEventListener('visibilitychange', shown);
  };
}
