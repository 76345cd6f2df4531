// Two places: the worklist at `/` and one study at `/studies/{uid}`.

import { replace } from './dom.ts';
import { worklist } from './worklist.ts';

const app = document.getElementById('app') as HTMLElement;
let leave: () => void = () => undefined;
let visits = 0;

async function show(): Promise<void> {
  leave();
  leave = () => undefined;
  const visit = ++visits;
  const study = /^\/studies\/([0-9.]+)\/?$/.exec(location.pathname)?.[1];
  replace(app);
  if (!study) {
    document.title = 'Worklist – Tomoscribe';
    leave = worklist(app);
    return;
  }
  const { studyPage } = await import('./study.ts'); // the viewer is large; the worklist does not wait for it
  if (visit === visits) leave = studyPage(app, study);
}

document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest?.('a[data-inside]');
  if (!(link instanceof HTMLAnchorElement) || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  void show();
});
window.addEventListener('popstate', () => void show());
void show();
