// Facts of page_test.mjs about reading: marks, windows, places, keys.

import assert from 'node:assert/strict';
import { rendered } from './browser.mjs';

export function readingFacts({ fact, sentence, sliceNumber, shot }) {
  const pressed = (page, preset) => page.locator(`[data-preset="${preset}"]`).getAttribute('aria-pressed');

  fact('down goes to the feet', async (page) => {
    const height = async () => Number(/position (-?[\d.]+)/.exec(await page.locator('.corner.bl').innerText())[1]);
    await page.keyboard.press('Home');
    const top = await height();
    await page.keyboard.press('End');
    assert.ok(top > (await height()));
  });

  fact('a mark says what stands behind it, and what the program says of itself has none', async (page) => {
    const mark = (text) => sentence(page, text).locator('.outcome');
    assert.match(await mark('CT of the chest').getAttribute('title'), /from the image headers; not checked in the images/);
    assert.match(await mark('Persistent cough').getAttribute('title'), /consistent: from the order/);
    assert.equal(await mark('One axial series').innerText(), '');
    assert.match(await page.locator('.summary').innerText(), /^V\s*2 verified/);
  }, 'fakes');

  fact('measurements have the names a reader uses, and none that was not assessed is verified', async (page) => {
    await page.locator('.measurements').getByText('Right lung – aerated volume', { exact: true }).waitFor();
    const row = page.locator('.measurements tr', { hasText: 'not assessed' });
    assert.equal(await row.locator('.outcome').innerText(), 'N');
  }, 'fakes');

  fact('keys N and P go from place to place, in the window of what is there', async (page) => {
    await page.reload();
    await rendered(page);
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    await sentence(page, 'solid nodule of').and(page.locator('.selected')).waitFor();
    assert.equal(await pressed(page, 'Lung'), 'true');
    assert.match(await page.locator('.line.selected .place').innerText(), /20/);
    const nodule = await sliceNumber(page);
    await page.keyboard.press('n');
    await page.locator('.slice-number').and(page.locator(`:not([data-slice="${nodule}"])`)).waitFor();
    assert.equal(await pressed(page, 'Soft tissue'), 'true');
    await page.keyboard.press('3');
    await page.keyboard.press('p');
    assert.equal(await sliceNumber(page), nodule);
    assert.equal(await pressed(page, 'Bone'), 'true', 'the window that the reader chose stays');
  }, 'fakes');

  fact('Tab stops once at a sentence; Enter edits it, Delete strikes it out, U undoes that', async (page) => {
    const focused = () => page.evaluate(() => document.activeElement.className);
    const line = sentence(page, 'enlarged mediastinal');
    await line.locator('.sentence').focus();
    await page.keyboard.press('Shift+Tab');
    assert.match(await focused(), /sentence/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Delete');
    await page.getByText('1 unsaved change').waitFor();
    await page.keyboard.press('u');
    assert.equal(await page.getByText('unsaved change').count(), 0);
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'editor');
    await page.keyboard.press('Escape');
    assert.match(await focused(), /sentence/);
  }, 'fakes');

  fact('dragging scrolls when asked to, and the value under the pointer is shown', async (page) => {
    await page.locator('[data-drag="scroll"]').click();
    const before = await sliceNumber(page);
    const box = await page.locator('.stage').boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 - 60);
    await page.mouse.up();
    assert.ok((await sliceNumber(page)) < before);
    await page.locator('.pointed').getByText(/^-?\d+ HU/).waitFor();
    await page.locator('[data-drag="window"]').click();
  });

  fact('the viewer names the series and why each was read or left out', async (page) => {
    await page.locator('.series-menu summary').click();
    await page.locator('.viewer').getByText('localizer: not a volume').waitFor();
    await shot(page, 'series');
    await page.keyboard.press('Escape');
    await page.locator('.series-menu .series').waitFor({ state: 'hidden' });
  }, 'fakes');
}
