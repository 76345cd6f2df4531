// Facts of page_test.mjs about versions: who edits, what stands, what is asked before signing.

import assert from 'node:assert/strict';

export function versionFacts({ fact, sentence, edit, shot, drafted }) {
  const beforeSigning = () => {
    fact('a sentence rewritten is shown whole, old above new; one changed a little keeps its spaces', async (page) => {
      const line = sentence(page, 'ordinary volume');
      await edit(page, line, 'A nodule on the right needs a further look.');
      const rewritten = sentence(page, 'further look');
      assert.equal(await rewritten.locator('del').innerText(), 'Solid nodule in the right lung; lungs of ordinary volume.');
      assert.match(await rewritten.locator('ins').innerText(), /^A nodule on the right needs a further look\./);
      await edit(page, rewritten, 'Solid nodule in the left lung; lungs of ordinary volume.');
      assert.match(await sentence(page, 'ordinary volume').locator('.sentence').innerText(), /in the right left lung;/);
    }, 'fakes');

    fact('unsaved edits are dropped only when the reader says so', async (page) => {
      await page.getByRole('button', { name: 'Discard' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('Changed: Solid nodule in the left lung').waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await dialog.waitFor({ state: 'detached' });
      assert.match(await page.locator('.report-footer').innerText(), /3 unsaved changes/);
      await page.getByRole('button', { name: 'Discard' }).click();
      await dialog.getByRole('button', { name: 'Discard' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.locator('.report-footer').getByText('unsaved change').waitFor({ state: 'detached' });
    }, 'fakes');

    fact('saving names who saves, who may be another; a refusal is shown in its own words', async (page) => {
      await edit(page, sentence(page, 'ordinary volume'), 'Solid nodule in the right lung; the lungs are large.');
      assert.match(await page.locator('.saving-as').innerText(), /Saving as Rosa Reader/);
      await page.getByRole('button', { name: 'Change who saves' }).click();
      await page.getByLabel('Given name').fill('Nora');
      await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click();
      await page.getByText('Saving as Nora Reader').waitFor();
      await page.route('**/edit', (route) => route.fulfill({ status: 403, contentType: 'text/plain; charset=utf-8', body: 'This account may read, and change nothing.\n' }));
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Not saved: This account may read, and change nothing.').waitFor();
      await shot(page, 'refused');
      await page.unroute('**/edit');
    }, 'fakes');

    fact('before signing each sentence of the model needs its tick, and what is critical, contradicted or unsaved is listed', async (page) => {
      await page.getByRole('button', { name: 'Sign…' }).click();
      const dialog = page.getByRole('dialog');
      const ticks = await dialog.locator('input[type=checkbox]').evaluateAll((boxes) => boxes.map((box) => box.getAttribute('aria-label')));
      assert.deepEqual(ticks.map((label) => label.slice(16, 40)), ['There is a solid nodule ', 'There is a small effusio']);
      assert.match(await dialog.innerText(), /Critical finding\.[^]*left out of the signed report[^]*Changed: Solid nodule in the right lung; the lungs are large\./);
      await dialog.getByRole('button', { name: 'Sign', exact: true }).click();
      assert.ok(await dialog.isVisible(), 'it was signed without a tick');
      await dialog.getByRole('button', { name: 'Cancel' }).click();
    }, 'fakes');
  };

  const afterSigning = () => {
    fact('a signed report reads clean; what a sentence was is shown on request, and the draft no longer speaks of itself', async (page) => {
      assert.equal(await page.getByText('not been read by anybody').count(), 0);
      const line = page.locator('[data-section="impression"] .line').first();
      assert.match(await line.innerText(), /the lungs are large/);
      assert.equal(await line.locator('del').count(), 0);
      await line.getByText('edited by Nora Reader').waitFor();
      await sentence(page, 'hilar').getByText('edited by Rosa Reader').waitFor();
      await line.getByRole('button', { name: 'changed' }).click();
      assert.ok((await line.locator('del').count()) > 0);
    }, 'fakes');

    fact('a correction that nobody signed leaves the signed version standing, on the page and in the worklist', async (page) => {
      await edit(page, page.locator('[data-section="impression"] .line').first(), 'Solid nodule in the right lung; the lungs are very large.');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Signed version 4 stands; version 5 is an unsigned correction.').waitFor();
      assert.equal(await page.locator('.top .chip').innerText(), 'signed · correction pending');
      await shot(page, 'correction');
      await page.getByRole('button', { name: 'Show the signed version' }).click();
      await page.getByText('Version 4 of 5, signed by Nora Reader: to read only.').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Edit', exact: true }).count(), 0);
      assert.match(await page.getByRole('link', { name: 'DICOM SR' }).getAttribute('href'), /\/versions\/4\/sr$/);
      await shot(page, 'older');
      await page.getByLabel('Version shown').selectOption('1');
      await page.getByText('not been read by anybody').waitFor();
      await page.getByRole('button', { name: 'Back to the newest' }).click();
      await page.getByText('version 5 is an unsigned correction').waitFor();
    }, 'fakes');

    fact('the worklist says that a correction waits', async (page, base) => {
      const { uid } = await drafted(base);
      await page.getByTitle('Back to the worklist').click();
      await page.locator(`[data-study="${uid}"]`).getByText('signed · correction pending').waitFor();
      await page.locator(`[data-study="${uid}"]`).click();
      await page.locator('.sentence').first().waitFor();
    }, 'fakes');
  };
  return { beforeSigning, afterSigning };
}
