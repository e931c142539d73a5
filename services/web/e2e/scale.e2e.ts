import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { preview, type PreviewServer } from 'vite';
import { barriers, launch, openPage, phone, picture, wide, withSession } from './browser.ts';

/** A made-up fleet beside the built pages: what a large installation asks of the browser, and the README's pictures. */
const fleet = 20_000;

let server: PreviewServer;
let browser: Browser;
let app: string;
const session = JSON.stringify({ token: 'f'.repeat(64), username: 'admin' });

beforeAll(async () => {
  process.env.GUEEN_WEB_MOCK = '1';
  process.env.GUEEN_WEB_MOCK_AGENTS = String(fleet);
  server = await preview({ root: new URL('..', import.meta.url).pathname, preview: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
  app = `http://127.0.0.1:${(server.httpServer.address() as AddressInfo).port}/app`;
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

async function open(path: string, size = wide, scheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const { page } = await openPage(await withSession(browser, session, size, scheme));
  await page.goto(app + path);
  return page;
}

const rows = (page: Page) => page.locator('[data-agent]').count();

test('a large fleet is read in pages and drawn as far as it is seen', async () => {
  const page = await open('/agents');
  const read: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname === '/v1/agents') read.push(url.searchParams.get('cursor') ?? '');
  });
  await page.getByText(`${fleet.toLocaleString('en-US')} agents`).waitFor();
  expect(await rows(page)).toBeLessThan(60);
  const grid = page.getByRole('grid', { name: 'Agents' });
  expect(await grid.getAttribute('aria-rowcount')).toBe(String(fleet + 1));
  await page.locator('[data-agent]').first().focus();
  const toTheEnd = async () => {
    await page.keyboard.press('End');
    return read.length;
  };
  await expect.poll(toTheEnd, { timeout: 150_000 }).toBeGreaterThanOrEqual(3);
  expect(await rows(page)).toBeLessThan(80);
  await page.context().close();
});

test('typing searches once it rests, and the answer shows at once', async () => {
  const page = await open('/agents');
  await page.locator('[data-agent]').first().waitFor();
  const asked: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname === '/v1/agents') asked.push(url.searchParams.get('q') ?? '');
  });
  // Faster than anybody types, so that the machine's speed does not matter.
  await page.getByRole('textbox', { name: 'Search agents' }).evaluate((input: HTMLInputElement) => {
    for (let n = 1; n <= 'mail-00'.length; n += 1) {
      Reflect.set(HTMLInputElement.prototype, 'value', 'mail-00'.slice(0, n), input);
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }
  });
  await page.waitForURL(/q=mail-00/);
  await page.getByText(/^\d+ agents?$/).waitFor();
  expect(asked).toEqual(['mail-00']);
  await page.goBack();
  await page.context().close();
});

test('hundreds of facts a second cost the page little', async () => {
  process.env.GUEEN_WEB_MOCK_FACTS = '400';
  const page = await open('/agents?status=online');
  await page.locator('[data-agent]').first().waitFor();
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  const busy = async () => {
    const { metrics } = await client.send('Performance.getMetrics');
    return metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? 0;
  };
  const before = await busy();
  await page.waitForTimeout(5000); // the time that is measured
  const share = ((await busy()) - before) / 5;
  // A share of the machine's time is for a machine that has nothing else to do; whoever types is served on any.
  if (process.env.E2E_MEASURE) expect(share).toBeLessThan(0.5);
  await page.getByRole('textbox', { name: 'Search agents' }).fill('mail');
  await page.waitForURL(/q=mail/);
  process.env.GUEEN_WEB_MOCK_FACTS = '0.5';
  await page.context().close();
});

test('an empty installation asks for the first client and goes on to the first agent', async () => {
  const { page } = await openPage(await withSession(browser, session, phone, 'dark'));
  let made: unknown = null;
  await page.route('**/v1/tree', (route) => route.fulfill({ json: { clients: made ? [{ id: 1, name: 'Acme', agents: 0, sites: [{ id: 2, name: 'HQ', agents: 0 }] }] : [] } }));
  await page.route('**/clients/', (route) => {
    made = route.request().postDataJSON();
    return route.fulfill({ json: 'Acme was added' });
  });
  await page.goto(`${app}/agents`);
  await page.getByRole('heading', { level: 1, name: 'Welcome. Whom do you look after?' }).waitFor();
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('textbox', { name: 'First client' }).fill('Acme');
  await page.getByRole('textbox', { name: 'First site' }).fill('HQ');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL(`${app}/add-agent`);
  expect(made).toEqual({ client: { name: 'Acme' }, site: { name: 'HQ' } });
  await page.getByRole('button', { name: 'Show the command' }).click();
  await page.getByLabel('Command to paste').waitFor();
  await page.context().close();
});

test('pictures for the README', async () => {
  for (const scheme of ['light', 'dark'] as const) {
    const page = await open('/agents', wide, scheme);
    await page.locator('[data-agent]').first().waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await barriers(page)).toEqual([]);
    await picture(page, `agents-${scheme}`);
    const id = await page.locator('[data-agent]').filter({ hasText: 'failing' }).first().getAttribute('data-agent');
    await page.goto(`${app}/agents/${id}`);
    await page.getByRole('meter').first().waitFor();
    await page.getByText('All checks').waitFor();
    await picture(page, `agent-${scheme}`);
    await page.goto(`${app}/agents/${id}/checks`);
    await page.getByRole('link', { name: 'CPU load' }).click();
    await page.getByRole('img', { name: /CPU load/ }).waitFor();
    await picture(page, `check-${scheme}`);
    await page.context().close();
    const small = await open('/agents', phone, scheme);
    await small.locator('[data-agent]').first().waitFor();
    await picture(small, `phone-${scheme}`);
    await small.context().close();
  }
});
