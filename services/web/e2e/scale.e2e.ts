import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { preview, type PreviewServer } from 'vite';
import { barriers, launch, openPage, patience, phone, picture, wide, withSession } from './browser.ts';

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
  await expect.poll(toTheEnd, { timeout: patience }).toBeGreaterThanOrEqual(3);
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
  // Faster than anybody types, so that the machine's speed does not matter; each letter comes by itself all the same.
  await page.getByRole('textbox', { name: 'Search agents' }).evaluate(async (input: HTMLInputElement) => {
    for (let n = 1; n <= 'mail-00'.length; n += 1) {
      Reflect.set(HTMLInputElement.prototype, 'value', 'mail-00'.slice(0, n), input);
      input.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise((resolve) => setTimeout(resolve));
    }
  });
  await page.waitForURL(/q=mail-00/);
  await page.getByText(/^\d+ agents?$/).waitFor();
  expect(asked).toEqual(['mail-00']);
  await page.goBack();
  await page.context().close();
});

test('facts that come together are drawn together', async () => {
  const facts = 1000;
  const { page } = await openPage(await withSession(browser, session, wide, 'light'));
  await page.addInitScript(() => {
    window.WebSocket = class extends WebSocket {
      constructor(address: string | URL) {
        super(address);
        Reflect.set(window, 'live', this);
      }
    };
  });
  await page.goto(`${app}/agents`);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.locator('[data-agent]').first().waitFor();
  const counted: string[] = [];
  page.on('request', (request) => {
    if (/^\/v1\/(agents\/counts|tree)$/.test(new URL(request.url()).pathname)) counted.push(request.url());
  });
  /** Lets facts about rows in view come as the live connection brings them, each by itself; counts how often the rows change. */
  const tell = (count: number) =>
    page.getByRole('grid', { name: 'Agents' }).evaluate(async (grid, last) => {
      const live = Reflect.get(window, 'live') as WebSocket;
      const ids = [...grid.querySelectorAll('[data-agent]')].slice(0, 8).map((row) => row.getAttribute('data-agent'));
      let changes = 0;
      const observer = new MutationObserver(() => (changes += 1));
      observer.observe(grid, { subtree: true, childList: true, characterData: true });
      const began = performance.now();
      for (let n = 1; n <= last; n += 1) {
        const fact = { topic: 'agents', event: 'row', agent_id: ids[n % ids.length], data: { description: `Fact ${n}` } };
        live.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(fact) }));
        await new Promise((resolve) => setTimeout(resolve));
      }
      observer.disconnect();
      return { changes, took: performance.now() - began };
    }, count);
  const { changes, took } = await tell(facts);
  await page.getByText(`Fact ${facts}`, { exact: true }).waitFor();
  expect(changes).toBeGreaterThan(0);
  // However many there are, rows are written every 120 ms and the two reads of counters made every 1.5 s; twice that is too often.
  expect(changes).toBeLessThan(2 * (took / 120 + 1));
  expect(counted.length).toBeLessThan(2 * 2 * (took / 1500 + 1));
  const more = tell(facts);
  await page.getByRole('textbox', { name: 'Search agents' }).fill('mail');
  await page.waitForURL(/q=mail/);
  await more;
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

test('its pages have no barriers, and give the pictures for the README', async () => {
  for (const scheme of ['light', 'dark'] as const) {
    const page = await open('/agents', wide, scheme);
    await page.locator('[data-agent]').first().waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await barriers(page)).toEqual([]);
    if (scheme === 'light') await picture(page, 'agents-light');
    const id = await page.locator('[data-agent]').filter({ hasText: 'failing' }).first().getAttribute('data-agent');
    await page.goto(`${app}/agents/${id}`);
    await page.getByRole('meter').first().waitFor();
    await page.getByText('All checks').waitFor();
    if (scheme === 'dark') await picture(page, 'agent-dark');
    await page.goto(`${app}/agents/${id}/checks`);
    await page.getByRole('link', { name: 'CPU load' }).click();
    await page.getByRole('img', { name: /CPU load/ }).waitFor();
    await page.context().close();
    const small = await open('/agents', phone, scheme);
    await small.locator('[data-agent]').first().waitFor();
    await small.context().close();
  }
});
