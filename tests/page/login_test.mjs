// Signs in as a reader would: node login_test.mjs URL TOKEN [SCREENSHOT]. The gateway must ask for tokens.

import assert from 'node:assert/strict';
import { openBrowser, watch } from './browser.mjs';

const [url, token, screenshot] = process.argv.slice(2);
const browser = await openBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const seen = watch(page);
  await page.goto(url);
  assert.equal(new URL(page.url()).pathname, '/login');
  if (screenshot) await page.screenshot({ path: screenshot });
  const signIn = async (text) => {
    await page.getByLabel('Access token').fill(text);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  await signIn('not the token of anybody');
  await page.getByText('That token is not known here.').waitFor();
  await signIn(token);
  await page.getByRole('heading', { name: 'Worklist' }).waitFor();
  await page.getByText('No study yet').waitFor();
  assert.deepEqual(seen, { dialogs: [], errors: [], refusals: [] });
  console.log('a reader signs in with a token, and only with that');
} finally {
  await browser.close();
}
