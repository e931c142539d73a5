import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

export type Scheme = 'light' | 'dark';

export const wide = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

/** How long a thing may take, milliseconds: a busy machine may be slow, and only a failure waits this long. */
export const patience = 150_000;

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

/** What the browser says when a page is left before its live connection is there. */
const leftWhileConnecting = /^WebSocket connection to 'wss?:\/\/[^'/]+\/v1\/ws(\?[^']*)?' failed: WebSocket is closed before the connection is established/;

export interface Problems {
  /** Exceptions and console errors of the page. */
  list: string[];
}

export async function openPage(context: BrowserContext): Promise<{ page: Page; problems: Problems }> {
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const problems: Problems = { list: [] };
  page.on('pageerror', (error) => problems.list.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !leftWhileConnecting.test(message.text())) problems.list.push(message.text());
  });
  return { page, problems };
}

/** A signed-in context of another size or colour scheme: the session is handed over as a reload would. */
export async function withSession(browser: Browser, session: string, size: typeof wide, scheme: Scheme): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: size, colorScheme: scheme, reducedMotion: 'reduce' });
  await context.addInitScript((text) => {
    if (!sessionStorage.getItem('gueen-session')) sessionStorage.setItem('gueen-session', text);
  }, session);
  return context;
}

/** Saves a picture where E2E_IMAGES says, for the README and for looking at. */
export async function picture(page: Page, name: string): Promise<void> {
  const dir = process.env.E2E_IMAGES;
  if (!dir) return;
  mkdirSync(dir, { recursive: true });
  await page.screenshot({ path: join(dir, `${name}.png`) });
}

/** Pixels by which the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; impact: string | null; nodes: { html: string }[] }[];
}

/** What axe finds wrong for people who use assistive technology, serious and critical only. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const result = await page.evaluate<AxeResult>('axe.run(document, { resultTypes: ["violations"] })');
  return result.violations
    .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
    .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
}
