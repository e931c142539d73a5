import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { barriers, openPage, overflow, patience, phone, picture, wide, withSession } from './browser.ts';
import type { Suite } from './suite.ts';
import { Authenticator } from './totp.ts';

/** What these tests use of the flow that they are a part of: its browser and the administrator's page and session. */
export interface World {
  suite: Suite;
  browser: () => Browser;
  page: () => Page;
  session: () => Promise<string>;
  call: (method: string, path: string, body?: unknown) => Promise<Response>;
}

/** Users, roles, sessions, keys, settings and the own account. */
export function peopleTests({ suite, browser, page: current, session, call }: World): void {
  const app = `${suite.origin}/app`;
  const helper = 'first.line';
  let page: Page;
  let place: { context: BrowserContext; page: Page };
  let authenticator: Authenticator;

  test('a role is made, and its words say what it can do', async () => {
    page = current();
    await page.goto(`${app}/settings/roles/new`);
    await page.getByRole('textbox', { name: 'Name' }).fill('First line');
    await page.getByRole('combobox', { name: 'Clients' }).click();
    await page.getByRole('option', { name: 'Home' }).click();
    await page.keyboard.press('Escape');
    const words = page.getByRole('region', { name: 'What this role can do' });
    await words.getByText('Only Home with all sites.').waitFor();
    await page.getByRole('checkbox', { name: 'See agents' }).check();
    await page.getByRole('checkbox', { name: 'Write notes' }).check();
    await words.getByText('“Write notes” is of no use in this app without “See notes”.').waitFor();
    await words.getByRole('button', { name: 'Give “See notes”' }).click();
    await words.getByText('Can see agents and their state, read notes and write and delete notes.').waitFor();
    await page.getByRole('checkbox', { name: 'Send commands' }).check();
    await words.getByText('“Send commands”: Whoever may do this controls the machines in scope completely.').waitFor();
    expect(await barriers(page)).toEqual([]);
    await picture(page, 'role-light');
    await page.getByRole('button', { name: 'Add role' }).click();
    await page.waitForURL(`${app}/settings/roles`);
    const row = page.getByRole('row').filter({ hasText: 'First line' });
    await row.getByText('4 rights').waitFor();
    await row.getByText('Only Home with all sites.').waitFor();
  });

  test('a name that is taken is said beside its field', async () => {
    await page.goto(`${app}/settings/roles/new`);
    const name = page.getByRole('textbox', { name: 'Name' });
    await name.fill('First line');
    await page.getByRole('button', { name: 'Add role' }).click();
    await page.getByRole('alert').waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
    expect(await name.getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Leave without saving' }).click();
    await page.waitForURL(`${app}/settings/roles`);
  });

  test('a user of that role sees only what it allows', async () => {
    await page.goto(`${app}/settings/users/new`);
    await page.getByRole('textbox', { name: 'Username' }).fill(helper);
    await page.getByLabel('First password').fill(suite.password);
    await page.getByRole('combobox', { name: 'Role' }).click();
    await page.getByRole('option', { name: 'First line' }).click();
    await page.getByText('Only Home with all sites.').waitFor();
    await page.getByRole('button', { name: 'Add user' }).click();
    await page.waitForURL(`${app}/settings/users`);
    await page.getByRole('row').filter({ hasText: helper }).getByText('First line').waitFor();
    // A second one of that name is refused, beside the field.
    await page.goto(`${app}/settings/users/new`);
    await page.getByRole('textbox', { name: 'Username' }).fill(helper);
    await page.getByLabel('First password').fill(suite.password);
    await page.getByRole('button', { name: 'Add user' }).click();
    await page.getByText(`User ${helper} already exists!`).first().waitFor();
    expect(await page.getByRole('textbox', { name: 'Username' }).getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Leave without saving' }).click();
    await page.waitForURL(`${app}/settings/users`);

    const context = await browser().newContext({ viewport: wide, colorScheme: 'light', reducedMotion: 'reduce' });
    place = { context, page: (await openPage(context)).page };
    const { page: view } = place;
    await view.goto(`${app}/login`);
    await view.getByLabel('Username').fill(helper);
    await view.getByLabel('Password', { exact: true }).fill(suite.password);
    await view.getByRole('button', { name: 'Continue' }).click();
    authenticator = new Authenticator((await view.locator('[data-totp-key]').innerText()).trim());
    await view.getByLabel('Digit 1 of 6').click();
    await view.keyboard.type(authenticator.next());
    await view.waitForURL(`${app}/agents`);
    const links = view.getByRole('navigation', { name: 'Main' }).getByRole('link');
    await links.filter({ hasText: 'Settings' }).waitFor({ state: 'detached' });
    await links.filter({ hasText: 'Home' }).waitFor();
    const names = (await links.allInnerTexts()).map((name) => name.trim());
    expect(names.filter((name) => /^(Agents|Scripts|Clients and sites|Logs|Settings|Server|Add agent)$/.test(name))).toEqual(['Agents']);
    await view.goto(`${app}/settings/users`);
    await view.getByRole('heading', { name: 'You may not see this' }).waitFor();
    expect(await view.getByRole('link', { name: 'New user' }).count()).toBe(0);
  });

  test('the own sessions are listed, and another one is ended', async () => {
    const { page: view } = place;
    const twofactor = authenticator.next();
    const made = await fetch(`${suite.origin}/v2/login/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username: helper, password: suite.password, twofactor }),
    });
    expect(made.status).toBe(200);
    const { token } = (await made.json()) as { token: string };
    const status = async () => (await fetch(`${suite.origin}/v1/me`, { headers: { Authorization: `Token ${token}` } })).status;
    expect(await status()).toBe(200);
    await view.goto(`${app}/account/sessions`);
    const rows = view.getByRole('table', { name: 'Your sessions' }).getByRole('row');
    await rows.filter({ hasText: 'This browser' }).waitFor();
    // The session of enrolling may still be there: every one but this browser's is ended.
    const ends = view.getByRole('button', { name: 'End', exact: true });
    await ends.first().waitFor();
    for (let left = await ends.count(); left > 0; left -= 1) {
      await ends.first().click();
      await expect.poll(() => ends.count(), { timeout: patience }).toBe(left - 1);
    }
    expect(await status()).toBe(401);
    await rows.filter({ hasText: 'This browser' }).waitFor();
  });

  test('preferences are kept and in force at once', async () => {
    const { page: view } = place;
    await view.goto(`${app}/account/preferences`);
    await view.getByRole('radiogroup', { name: 'Appearance' }).getByText('Dark').click();
    await view.locator('html[data-mantine-color-scheme="dark"]').waitFor();
    await view.getByRole('radiogroup', { name: 'Appearance' }).getByText('As the system').click();
    await view.locator('html[data-mantine-color-scheme="light"]').waitFor();
    await view.getByRole('combobox', { name: 'Order of clients' }).click();
    await view.getByRole('option', { name: 'By name' }).click();
    await view.getByRole('button', { name: 'Save preferences' }).click();
    await view.getByText('Your preferences were saved').waitFor();
    await view.reload();
    await expect.poll(() => view.getByRole('combobox', { name: 'Order of clients' }).inputValue(), { timeout: patience }).toBe('By name');
  });

  test('the second factor is set up anew from the own account', async () => {
    const { page: view } = place;
    await view.goto(`${app}/account/security`);
    await view.getByRole('button', { name: 'Set up anew…' }).click();
    const question = view.getByRole('dialog', { name: 'Set up the second factor anew?' });
    await question.getByRole('textbox').fill('somebody else');
    expect(await question.getByRole('button', { name: 'Reset and sign out' }).isDisabled()).toBe(true);
    await view.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    await view.waitForFunction(() => document.activeElement?.textContent === 'Set up anew…');
    await view.getByRole('button', { name: 'Set up anew…' }).click();
    await question.getByRole('textbox').fill(helper);
    await question.getByRole('button', { name: 'Reset and sign out' }).click();
    await view.waitForURL(/\/app\/login/);
    await view.getByLabel('Username').fill(helper);
    await view.getByLabel('Password', { exact: true }).fill(suite.password);
    await view.getByRole('button', { name: 'Continue' }).click();
    await view.getByRole('img', { name: /QR code/ }).waitFor();
    const fresh = new Authenticator((await view.locator('[data-totp-key]').innerText()).trim());
    const enter = async (code: string) => {
      await view.getByLabel('Digit 1 of 6').click();
      await view.keyboard.type(code);
    };
    // The app that was used until now opens nothing any more.
    await enter(authenticator.next());
    await view.getByRole('alert').waitFor();
    await enter(fresh.next());
    await view.waitForURL(`${app}/agents`);
    authenticator = fresh;
  });

  test('a form is not offered to who may not send it', async () => {
    const { page: view } = place;
    for (const path of ['/scripts/new', '/settings/users/new', '/clients/1/sites/new', '/server/maintenance']) {
      await view.goto(app + path);
      await view.getByRole('heading', { name: 'You may not do this' }).waitFor();
      expect(await view.getByRole('main').getByRole('textbox').count(), path).toBe(0);
    }
    await view.goto(`${app}/nowhere`);
    await view.getByRole('heading', { name: 'There is no such page' }).waitFor();
    expect(await view.title()).toBe('Not found · Gueen RMM');
    await view.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Agents', exact: true }).click();
    await view.waitForURL(`${app}/agents`);
    await place.context.close();
  });

  test('a setting is found, and unsaved changes are guarded on every way out', async () => {
    await page.goto(`${app}/settings/users`);
    await page.getByRole('row').filter({ hasText: helper }).waitFor();
    const parts = page.getByRole('navigation', { name: 'Settings', exact: true });
    await parts.getByRole('link', { name: 'Global settings' }).click();
    const search = page.getByRole('textbox', { name: 'Search all settings' });
    await search.fill('server mail');
    await page.waitForURL(/q=server/);
    await page.getByRole('textbox', { name: 'Mail server', exact: true }).waitFor();
    await page.reload();
    await page.getByRole('textbox', { name: 'Mail server', exact: true }).waitFor();
    await search.fill('no such thing');
    await page.getByText('No setting matches').waitFor();
    await search.fill('');
    await page.getByRole('navigation', { name: 'Sections of the settings' }).getByRole('link', { name: 'E-mail' }).click();
    await page.waitForURL(/section=email/);
    await picture(page, 'settings-light');
    const closing = () => page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })));
    expect(await closing()).toBe(false);
    await page.getByRole('textbox', { name: "Sender's name" }).fill('Operations');
    await page.getByText('One change is not saved.').waitFor();
    expect(await closing()).toBe(true);
    // Another section is not another page: the change waits.
    await page.getByRole('navigation', { name: 'Sections of the settings' }).getByRole('link', { name: 'Alerts' }).click();
    await page.getByText('One change is not saved, also in E-mail.').waitFor();
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await parts.getByRole('link', { name: 'Roles' }).click();
    await question.waitFor();
    await page.getByRole('button', { name: 'Stay here' }).click();
    await question.waitFor({ state: 'detached' });
    expect(page.url()).toContain('/settings/global');
    await page.getByRole('button', { name: /^Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click();
    await question.waitFor();
    await page.getByRole('button', { name: 'Stay here' }).click();
    await question.waitFor({ state: 'detached' });
    // Back through the sections, and then out of the page.
    const back = async () => {
      if ((await question.count()) === 0) await page.evaluate(() => window.history.back());
      return question.count();
    };
    await expect.poll(back, { timeout: patience, interval: 1000 }).toBe(1);
    await page.getByRole('button', { name: 'Stay here' }).click();
    await question.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The settings were saved').waitFor();
    await page.getByText('Everything is saved.').waitFor();
    expect(await closing()).toBe(false);
    expect(await (await call('GET', '/core/settings/')).json()).toMatchObject({ smtp_from_name: 'Operations' });
    await parts.getByRole('link', { name: 'Roles' }).click();
    await page.waitForURL(`${app}/settings/roles`);
  });

  test('an API key is shown once, works, and is refused after it was deleted', async () => {
    await page.goto(`${app}/settings/api-keys/new`);
    await page.getByRole('textbox', { name: 'Name' }).fill('Exporter');
    await page.getByRole('combobox', { name: 'Acts as' }).click();
    await page.getByRole('option', { name: helper }).click();
    await page.getByRole('button', { name: 'Make key' }).click();
    const key = (await page.locator('[data-api-key]').innerText()).trim();
    const status = async () => (await fetch(`${suite.origin}/v1/agents`, { headers: { 'X-API-KEY': key } })).status;
    expect(await status()).toBe(200);
    await page.getByRole('navigation', { name: 'Settings', exact: true }).getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('dialog', { name: 'Leave without the key?' }).waitFor();
    await page.getByRole('button', { name: 'Back to the key' }).click();
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.waitForURL(`${app}/settings/api-keys`);
    const row = page.getByRole('row').filter({ hasText: 'Exporter' });
    await row.getByText(helper).waitFor();
    expect(await page.getByText(key).count()).toBe(0);
    await row.getByRole('button', { name: /Delete key/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete key' }).click();
    await page.getByText('No API keys yet').waitFor();
    expect(await status()).toBe(401);
  });

  test('the pages about people and settings have no barriers, small and dark', async () => {
    const users = (await (await call('GET', '/accounts/users/')).json()) as { id: number }[];
    const roles = (await (await call('GET', '/accounts/roles/')).json()) as { id: number }[];
    const pages = [
      '/settings', '/settings/users', '/settings/users/new', `/settings/users/${users[0]?.id ?? 0}`, '/settings/roles', `/settings/roles/${roles[0]?.id ?? 0}`,
      '/settings/sessions', '/settings/api-keys', '/settings/api-keys/new', '/settings/global', '/settings/global?section=email', '/account/security',
      '/account/preferences', '/account/sessions',
    ]; // prettier-ignore
    const dark = pages.filter((path) => /users$|roles\/\d|global$|preferences$/.test(path));
    for (const [size, scheme, shown] of [[phone, 'light', pages], [wide, 'dark', dark]] as const) { // prettier-ignore
      const context = await withSession(browser(), await session(), size, scheme);
      const { page: view, problems } = await openPage(context);
      for (const path of shown) {
        await view.goto(app + path);
        await view.getByRole('heading', { level: 1 }).first().waitFor();
        await view.getByRole('status', { name: /^Loading/ }).first().waitFor({ state: 'detached' });
        expect(await overflow(view), `${path} at ${size.width}`).toBeLessThanOrEqual(0);
        expect(await barriers(view), `${path} at ${size.width}`).toEqual([]);
      }
      expect(problems.list).toEqual([]);
      await context.close();
    }
  }, 1_800_000);
}
