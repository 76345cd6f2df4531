// A headless Chromium and the few looks that several checks share.

import { chromium } from 'playwright-core';

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--enable-unsafe-swiftshader', '--disable-dev-shm-usage'],
  });
}

/** Collects what must never happen: scripts from data, uncaught errors, policy violations. */
export function watch(page) {
  const seen = { dialogs: [], errors: [], refusals: [] };
  page.on('dialog', (dialog) => {
    seen.dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) seen.refusals.push(message.text());
  });
  return seen;
}

/** Brightness of the drawn slice as the browser shows it: from a screenshot, so WebGL's own buffer does not matter. */
export async function picture(page) {
  const png = await page.locator('.canvas-host').screenshot();
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const histogram = new Array(16).fill(0);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) {
      histogram[data[i] >> 4]++;
      sum += data[i];
    }
    const count = data.length / 4;
    return { mean: sum / count, levels: histogram.filter((n) => n > count / 500).length };
  }, png.toString('base64'));
}

export async function rendered(page) {
  await page.waitForFunction(() => document.querySelector('.stage')?.dataset.rendered !== undefined, null, { timeout: 60000 });
  await page.waitForTimeout(300); // the compositor shows the frame that the viewport just drew
}
