// Drives the review page as a reader would. With --server it starts the page's own server over fakes; with --url it runs
// against a real gateway, where it signs the first draft it finds. --send COMMAND: the gateway is still empty, and this
// shell command sends it a study while the worklist is open.
// node page_test.mjs (--server PROGRAM --page DIST | --url http://127.0.0.1:8080 [--send COMMAND]) [--screenshots DIR]

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openBrowser, picture, rendered, watch } from './browser.mjs';
import { readingFacts } from './reading_facts.mjs';
import { versionFacts } from './version_facts.mjs';

const { values: options } = parseArgs({
  options: { server: { type: 'string' }, page: { type: 'string' }, url: { type: 'string' }, send: { type: 'string' }, screenshots: { type: 'string' } },
});

async function startServer() {
  const child = spawn(options.server, [options.page], { stdio: ['pipe', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(String(line).trim()));
    child.once('exit', (code) => reject(new Error(`the page server ended with ${code}`)));
  });
  return { url, stop: () => child.stdin.end() };
}

const facts = [];
/** `where`: over the fakes, over a real service, or (by default) over both. */
const fact = (name, check, where = '') => facts.push({ name, check, where });
const here = { '': true, fakes: !options.url, service: !!options.url, 'empty service': !!options.send };
const shot = async (page, name) => {
  if (options.screenshots) await page.screenshot({ path: `${options.screenshots}/${name}.png` });
};
const sentence = (page, text) => page.locator('.line', { hasText: text });
const sliceNumber = (page) => page.locator('.slice-number').getAttribute('data-slice').then(Number);

async function drafted(base) {
  const { studies } = await (await fetch(`${base}/api/studies`)).json();
  const row = studies.find((study) => study.reportId);
  assert.ok(row, 'the server has no study with a report');
  return row;
}

fact('an empty worklist says where to send, then the study comes and is drafted by itself', async (page, base) => {
  await page.goto(base);
  await page.getByText('No study yet').waitFor();
  assert.match(await page.locator('.empty').innerText(), /AE title\s+TOMOSCRIBE[^]*Port\s+\d+[^]*dcmsend --no-halt -aec TOMOSCRIBE/);
  await shot(page, 'empty');
  const sending = spawn('sh', ['-c', options.send], { stdio: 'inherit' });
  const sent = new Promise((resolve) => sending.once('exit', resolve));
  await page.locator('a.work-row').waitFor({ timeout: 60000 });
  await page.getByText(/receiving|queued|analysing/).first().waitFor({ timeout: 60000 });
  await shot(page, 'arriving');
  await page.getByText('draft ready').waitFor({ timeout: 240000 });
  assert.equal(await sent, 0, 'the sender failed');
}, 'empty service');

fact('the worklist names the study and its state', async (page, base) => {
  await page.goto(base);
  const row = await drafted(base);
  const link = page.locator(`[data-study="${row.uid}"]`);
  await link.waitFor();
  assert.match(await link.innerText(), new RegExp(row.state === 'signed' ? 'signed|final|corrected' : 'draft ready|preliminary'));
  await shot(page, 'worklist');
});

fact('an analysing study shows its stage, an unsuitable one its reason', async (page) => {
  await page.getByText('measuring lungs').waitFor();
  await page.getByText('gap of 5.0 mm after slice 16').waitFor();
}, 'fakes');

fact('the search narrows the list and says when nothing matches', async (page) => {
  await page.getByLabel('Search studies').fill('berta');
  await page.waitForFunction(() => document.querySelectorAll('a.work-row').length === 1);
  await page.getByLabel('Search studies').fill('nobody at all');
  await page.getByText('No study matches').waitFor();
  await page.getByLabel('Search studies').fill('');
  await page.waitForFunction(() => document.querySelectorAll('a.work-row').length > 1);
}, 'fakes');

fact('a study opens and its slice is really drawn', async (page, base) => {
  const row = await drafted(base);
  await page.locator(`[data-study="${row.uid}"]`).click();
  await rendered(page);
  const { levels } = await picture(page);
  assert.ok(levels >= 3, `the image has only ${levels} grey levels`);
  await shot(page, 'study');
});

fact('window presets change the pixels, by button and by key', async (page) => {
  const means = [];
  for (const key of ['1', '2', '3', '4']) {
    await page.keyboard.press(key);
    await page.waitForTimeout(400);
    means.push((await picture(page)).mean);
  }
  assert.equal(new Set(means.map((mean) => mean.toFixed(1))).size, 4, `means ${means}`);
  await page.locator('[data-preset="Lung"]').click();
  assert.equal(await page.locator('[data-preset="Lung"]').getAttribute('aria-pressed'), 'true');
});

fact('the first picture has the window of the body region, and says where it is', async (page, base) => {
  await page.reload();
  await rendered(page);
  const row = await drafted(base);
  const { bodyPart } = (await (await fetch(`${base}/api/studies/${row.uid}`)).json()).report.study;
  if (bodyPart === 'chest') assert.equal(await page.locator('[data-preset="Lung"]').getAttribute('aria-pressed'), 'true');
  const [slice, of] = (await page.locator('.slice-number').innerText()).split(' / ').map(Number);
  assert.ok(Math.abs(slice - of / 2) <= 1, `opened at ${slice} of ${of}`);
  assert.match(await page.locator('.corner.bl').innerText(), /position -?[\d.]+ mm/);
  assert.match(await page.locator('.corner.br').innerText(), /C -?\d+\s+W \d+ HU/);
  assert.ok((await page.locator('.corner.tl').innerText()).includes(row.patient.id));
});

fact('a question mark shows keys and marks', async (page) => {
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Keys' }).waitFor();
  await shot(page, 'help');
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'detached' });
});

fact('the label of AI and "not a medical device" stand above the draft', async (page) => {
  assert.match(await page.locator('.banner').first().innerText(), /AI DRAFT[^]*not reviewed[^]*Not a medical device/);
});

fact('arrow keys, wheel and slider scroll', async (page) => {
  const start = await sliceNumber(page);
  await page.keyboard.press('ArrowDown');
  assert.equal(await sliceNumber(page), start + 1);
  await page.locator('.stage').hover();
  await page.mouse.wheel(0, -120);
  await page.waitForFunction((wanted) => Number(document.querySelector('.slice-number')?.dataset.slice) === wanted, start);
  await page.locator('.slider').fill('0');
  assert.equal(await sliceNumber(page), 1);
});

fact('a click on a finding jumps to its slice and draws its outline', async (page) => {
  const line = page.locator('.line:has(.sentence.pointing)').first();
  await line.locator('.sentence').click();
  await page.waitForFunction(() => Number(document.querySelector('.slice-number')?.dataset.slice) !== 1);
  await page.locator('.marks polygon, .marks circle').first().waitFor({ state: 'attached' });
  const box = await page.locator('.marks polygon, .marks circle').first().boundingBox();
  const stage = await page.locator('.stage').boundingBox();
  assert.ok(box && stage && box.x >= stage.x && box.x + box.width <= stage.x + stage.width && box.width > 8, 'the outline lies on the image');
  await page.waitForTimeout(400);
  await shot(page, 'finding');
});

fact('the nodule outline lies around the bright spot', async (page) => {
  await sentence(page, 'solid nodule of').locator('.sentence').focus();
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelector('.marks text')?.textContent?.includes('nodule'));
  await page.waitForTimeout(400);
  const box = await page.locator('.marks polygon').first().boundingBox();
  await page.evaluate(() => document.querySelector('.marks').classList.add('unseen'));
  await page.addStyleTag({ content: '' }).catch(() => undefined);
  const clip = { x: box.x + box.width * 0.3, y: box.y + box.height * 0.3, width: box.width * 0.4, height: box.height * 0.4 };
  const png = (await page.screenshot({ clip })).toString('base64');
  const mean = await page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) sum += data[i + 1];
    return sum / (data.length / 4);
  }, png);
  assert.ok(mean > 150, `inside the outline it is dark (${mean})`);
  await shot(page, 'nodule');
}, 'fakes');

fact('names and texts with markup are shown as text', async (page) => {
  assert.match(await page.locator('.patient').innerText(), /<script>alert\(1\)<\/script>/);
  assert.match(await page.locator('.report-body').innerText(), /<img src=x onerror=alert\(2\)>/);
  assert.equal(await page.locator('.report-body img, .patient img').count(), 0);
}, 'fakes');

fact('every outcome has its letter, and a contradicted sentence its reason', async (page) => {
  const letters = new Set((await page.locator('.line .outcome').allInnerTexts()).filter(Boolean));
  assert.deepEqual([...letters].sort(), ['C', 'N', 'U', 'V', 'X']);
  await page.getByText('left out of every outgoing report').waitFor();
}, 'fakes');

readingFacts({ fact, sentence, sliceNumber, shot });

async function edit(page, line, text) {
  await line.hover();
  await line.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.locator('textarea.editor').fill(text);
  await page.locator('textarea.editor').press('Control+Enter');
}

fact('an edit shows its difference, survives a reload, and can be undone', async (page) => {
  await edit(page, sentence(page, 'enlarged mediastinal'), 'No enlarged hilar lymph nodes.');
  await page.getByText('1 unsaved change').waitFor();
  assert.equal(await page.locator('.line ins').first().innerText(), 'hilar');
  await page.reload();
  await page.getByText('1 unsaved change').waitFor();
  await rendered(page);
  await shot(page, 'edited');
  const line = sentence(page, 'hilar');
  await line.hover();
  await line.getByRole('button', { name: 'Undo' }).click();
  assert.equal(await page.getByText('unsaved change').count(), 0);
}, 'fakes');

fact('when somebody else was quicker the reader chooses, and saves on the newer version', async (page, base) => {
  await edit(page, sentence(page, 'enlarged mediastinal'), 'No enlarged hilar lymph nodes.');
  const row = await drafted(base);
  const report = await (await fetch(`${base}/api/reports/${row.reportId}/versions/${row.version}`)).json();
  const statement = report.statements.find(({ text }) => text.includes('mediastinal'));
  const other = await fetch(`${base}/api/reports/${row.reportId}/edit`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ base: row.version, edits: [{ statement: statement.id, text: 'Lymph nodes are of ordinary size.' }], signer: { name: { family: 'Other' } } }),
  });
  assert.equal(other.status, 201);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByLabel('Family name').fill('Reader');
  await page.getByLabel('Given name').fill('Rosa');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByText('A newer version exists').waitFor();
  await shot(page, 'merge');
  await page.getByLabel(/Mine:/).check();
  await page.getByRole('button', { name: /Continue on version 2/ }).click();
  await page.getByText('1 unsaved change').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Version 3', { exact: true }).waitFor();
  assert.match(await page.locator('.report-body').innerText(), /hilar/);
  assert.match(await page.locator('.banner').first().innerText(), /edited by Rosa Reader, not signed/);
  await sentence(page, 'hilar').getByText('edited by Rosa Reader').waitFor();
}, 'fakes');

fact('an edit and a new sentence wait for the signature', async (page) => {
  await edit(page, page.locator('[data-section="findings"] .line').first(), 'Rewritten by the reader.');
  await page.getByRole('button', { name: 'Add a sentence to Impression' }).click();
  await page.locator('textarea.editor').fill('No acute finding.');
  await page.locator('textarea.editor').press('Control+Enter');
  await page.getByText('2 unsaved changes').waitFor();
  await shot(page, 'edited');
}, 'service');

fact('a sentence can be struck out and another added', async (page) => {
  const line = sentence(page, 'coronary arteries');
  await line.hover();
  await line.getByRole('button', { name: 'Strike' }).click();
  await page.getByRole('button', { name: 'Add a sentence to Recommendations' }).click();
  await page.locator('textarea.editor').fill('CT in three months.');
  await page.locator('textarea.editor').press('Control+Enter');
  await page.getByText('2 unsaved changes').waitFor();
}, 'fakes');

versionFacts({ fact, sentence, edit, shot, drafted }).beforeSigning();

fact('signing asks about what nobody confirmed, then the report is final', async (page, base) => {
  await page.getByRole('button', { name: 'Sign…' }).click();
  await page.getByText('Sign this report').waitFor();
  const dialog = page.getByRole('dialog');
  await shot(page, 'sign');
  if ((await dialog.getByLabel('Family name').inputValue()) === '') await dialog.getByLabel('Family name').fill('Reader');
  for (const box of await dialog.locator('input[type=checkbox]').all()) await box.check();
  await dialog.getByRole('button', { name: 'Sign', exact: true }).click();
  await page.locator('.banner.signed').waitFor();
  const row = await drafted(base);
  assert.equal(row.reportState, 'final');
  await page.waitForTimeout(300);
  await shot(page, 'signed');
});

fact('the signed report keeps its label and is final in FHIR, with the reader\'s words', async (page, base) => {
  assert.match(await page.locator('.banner.signed').innerText(), /final[^]*Not a medical device/);
  const row = await drafted(base);
  const answer = await fetch(`${base}/fhir/R4/DiagnosticReport?identifier=${encodeURIComponent(`urn:dicom:uid|urn:oid:${row.uid}`)}`);
  assert.equal(answer.status, 200);
  const bundle = await answer.json();
  assert.equal(bundle.entry?.[0]?.resource.status, 'final');
  const text = await (await fetch(`${base}/api/reports/${row.reportId}/versions/${row.version}/text`)).text();
  assert.match(text, /Rewritten by the reader\.[^]*No acute finding\./);
}, 'service');

fact('after signing the deliveries are shown and a dead one can be sent again', async (page) => {
  await page.getByText('the peer refused the association').waitFor();
  await page.locator('[data-resend="pacs"]').click();
  await page.getByText('Sending to pacs again.').waitFor();
  await page.locator('.chip.delivery-waiting').waitFor();
}, 'fakes');

versionFacts({ fact, sentence, edit, shot, drafted }).afterSigning();

fact('a gateway that is gone is said, and the page comes back by itself', async (page) => {
  await page.route('**/api/**', (route) => route.abort());
  await page.locator('#offline:not([hidden])').waitFor({ timeout: 10000 });
  await page.unroute('**/api/**');
  await page.locator('#offline[hidden]').waitFor({ state: 'attached', timeout: 10000 });
});

fact('a phone shows image and report one below the other', async (page) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(400);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 392, `the page is ${wide} wide`);
  await shot(page, 'phone');
});

async function main() {
  if (options.screenshots) mkdirSync(options.screenshots, { recursive: true });
  const server = options.url ? { url: options.url.replace(/\/$/, ''), stop: () => undefined } : await startServer();
  const browser = await openBrowser();
  let passed = 0;
  let failed = 0;
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(15000);
    const seen = watch(page);
    for (const { name, check, where } of facts.filter((one) => here[one.where])) {
      const began = Date.now();
      try {
        await check(page, server.url);
        passed++;
        console.log(`ok      ${name} (${Date.now() - began} ms)`);
      } catch (error) {
        failed++;
        console.log(`FAILED  ${name}\n        ${String(error.message).split('\n').slice(0, 6).join('\n        ')}`);
        await shot(page, `failed-${failed}`);
      }
    }
    for (const [what, list] of Object.entries(seen)) {
      if (list.length === 0) passed++;
      else {
        failed++;
        console.log(`FAILED  no ${what}: ${list.slice(0, 3).join(' | ')}`);
      }
    }
  } finally {
    await browser.close();
    server.stop();
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

await main();
