import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { barriers, launch, openPage, overflow, patience, phone, wide, withSession, type Problems } from './browser.ts';
import { peopleTests } from './people.ts';
import { placesTests } from './places.ts';
import { findSuite } from './suite.ts';
import { Authenticator } from './totp.ts';

const suite = findSuite();
const host = hostname();
const app = `${suite.origin}/app`;

let browser: Browser;
let context: BrowserContext;
let page: Page;
let problems: Problems;
let authenticator: Authenticator;
let agent: string;

beforeAll(async () => {
  browser = await launch();
  context = await browser.newContext({ viewport: wide, colorScheme: 'light', reducedMotion: 'reduce' });
  ({ page, problems } = await openPage(context));
});

afterEach(async (test) => {
  if (test.task.result?.state !== 'fail') return;
  await page.screenshot({ path: join(tmpdir(), `gueen-e2e ${test.task.name.slice(0, 60)}.png`) });
});

afterAll(() => browser.close());

async function credentials(): Promise<void> {
  await page.getByLabel('Username').fill(suite.user);
  await page.getByLabel('Password', { exact: true }).fill(suite.password);
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function enterCode(code: string): Promise<void> {
  await page.getByLabel('Digit 1 of 6').click();
  await page.keyboard.type(code);
}

async function sessionText(): Promise<string> {
  const text = await page.evaluate(() => sessionStorage.getItem('gueen-session'));
  if (!text) throw new Error('nobody is signed in');
  return text;
}

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const { token } = JSON.parse(await sessionText()) as { token: string };
  return fetch(suite.origin + path, {
    method,
    headers: { Authorization: `Token ${token}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

test('the first sign-in enrols a second factor, and a wrong code does not start over', async () => {
  await page.goto(`${app}/agents?status=online`);
  await page.waitForURL(/\/app\/login\?next=/);
  await page.getByLabel('Username').fill(suite.user);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('alert').getByText('Bad credentials').waitFor();
  await credentials();
  await page.getByRole('img', { name: /QR code/ }).waitFor();
  expect(await barriers(page)).toEqual([]);
  authenticator = new Authenticator((await page.locator('[data-totp-key]').innerText()).trim());
  await enterCode('000000');
  await page.getByRole('alert').waitFor();
  await enterCode(authenticator.next());
  await page.waitForURL(`${app}/agents?status=online`);
  problems.list.length = 0; // the refusals above were wanted
});

test('this machine is online under its real name', async () => {
  await page.goto(`${app}/agents`);
  const row = page.getByRole('row').filter({ hasText: host });
  await row.getByText('Online').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  agent = (await row.getAttribute('data-agent')) ?? '';
  expect(agent).not.toBe('');
  expect(await barriers(page)).toEqual([]);
});

test('a link opened in a new tab does not ask for a password again', async () => {
  const { page: second } = await openPage(context);
  await second.goto(`${app}/agents/${agent}/notes`);
  await second.getByRole('heading', { level: 1, name: host }).waitFor();
  await second.close();
});

test('the keyboard finds and opens it', async () => {
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await page.keyboard.type(host.slice(0, 6));
  await page.waitForURL(/q=/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.waitForFunction((id) => (document.activeElement as HTMLElement | null)?.dataset.agent === id, agent);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${app}/agents/${agent}`);
});

test('the summary shows its real disks', async () => {
  await page.getByRole('heading', { level: 1, name: host }).waitFor();
  const meters = page.getByRole('meter');
  await meters.first().waitFor();
  const shown = await page.getByRole('region', { name: 'Disks' }).innerText();
  const mounts = execFileSync('df', ['--output=source,target'], { encoding: 'utf8' }).split(/\s+/);
  expect(mounts.some((name) => name.startsWith('/') && shown.includes(name))).toBe(true);
  expect(await barriers(page)).toEqual([]);
});

test('scripts are written in the library', async () => {
  for (const [name, body] of [
    ['Passes', '#!/bin/bash\necho "argument $1, variable $GREETING"\n'],
    ['Fails', '#!/bin/bash\necho "three things are wrong"\nexit 3\n'],
  ] as const) {
    await page.goto(`${app}/scripts/new`);
    await page.getByLabel('Name', { exact: false }).first().fill(name);
    await page.getByLabel('Script text').fill(body);
    // What was written is not lost by a slip: the app asks, in its own words.
    await page.getByRole('main').getByRole('link', { name: 'Scripts' }).click();
    await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Stay here' }).click();
    await page.getByRole('button', { name: 'Add script' }).click();
    await page.waitForURL(`${app}/scripts`);
    await page.getByRole('link', { name, exact: true }).waitFor();
  }
});

/** Presses the button until the agent takes the run: it refuses one while another is under way. */
async function runAll(): Promise<void> {
  const press = async () => {
    const answer = page.waitForResponse((each) => each.request().method() === 'POST' && new URL(each.url()).pathname === `/checks/${agent}/run/`);
    await page.getByRole('button', { name: 'Run all now' }).click();
    return (await answer).status();
  };
  await expect.poll(press, { timeout: patience, interval: 1000 }).toBe(200);
}

/** When each check of the agent ran last. */
async function lastRuns(): Promise<string[]> {
  const checks = (await (await call('GET', `/agents/${agent}/checks/`)).json()) as { id: number; check_result: { last_run?: string | null } }[];
  return checks.map((check) => `${check.id} ${check.check_result.last_run ?? 'never'}`);
}

test('a passing and a failing check change their state by themselves', async () => {
  for (const name of ['Passes', 'Fails']) {
    await page.goto(`${app}/agents/${agent}/checks/new?type=script`);
    await page.getByRole('combobox', { name: /Script/ }).click();
    await page.getByRole('option', { name, exact: true }).click();
    // After the first time only by hand, so that a later run is the button's doing.
    await page.getByRole('textbox', { name: 'Run every' }).fill('86400');
    await page.getByRole('button', { name: 'Add check' }).click();
    await page.waitForURL(`${app}/agents/${agent}/checks`);
  }
  const passing = page.getByRole('row').filter({ hasText: 'Passes' });
  const failing = page.getByRole('row').filter({ hasText: 'Fails' });
  await passing.getByText(/Waiting|Passing/).waitFor(); // the agent may have been faster
  await runAll();
  await passing.getByText('Passing').waitFor();
  await failing.getByText('Failing').waitFor();
  await failing.getByText('three things are wrong').waitFor();
  const first = await lastRuns();
  await runAll();
  await expect.poll(async () => (await lastRuns()).filter((run) => first.includes(run)), { timeout: patience }).toEqual([]);
  await page.getByRole('navigation', { name: 'Parts of this agent' }).getByText(/[1-9]\d* not passing/).waitFor({ state: 'attached' });
  expect(await barriers(page)).toEqual([]);
  await failing.getByRole('link').click();
  await page.getByText(/of \d+ runs? passed/).waitFor();
  await page.getByText('Return code').waitFor();
});

test('a command streams and ends with its exit code', async () => {
  await page.goto(`${app}/agents/${agent}/command`);
  // It goes on when the first line was seen, however long that takes: the machine is this one.
  const gate = join(mkdtempSync(join(tmpdir(), 'gueen-e2e-')), 'go-on');
  const command = `for i in 1 2 3; do echo "line $i of $(hostname)"; while [ ! -e '${gate}' ]; do sleep 0.2; done; done; exit 7`;
  await page.getByRole('textbox', { name: `Command on ${host}` }).fill(command);
  await page.keyboard.press('Control+Enter');
  await page.getByText(`line 1 of ${host}`).waitFor();
  expect(await page.getByText('line 3 of').count()).toBe(0);
  writeFileSync(gate, '');
  await page.getByText(`line 3 of ${host}`).waitFor();
  await page.getByText('Ended with exit code 7').waitFor();
  await page.getByRole('button', { name: /for i in 1 2 3/ }).waitFor();
});

test('a terminal echoes and tells how it ended', async () => {
  await page.goto(`${app}/agents/${agent}/terminal`);
  // Not the default shell: what its start-up files do on the machine of a test is not known.
  await page.getByRole('combobox', { name: 'Shell' }).click();
  await page.getByRole('option', { name: 'Other…' }).click();
  await page.getByRole('textbox', { name: 'Path of the shell' }).fill('/bin/sh');
  await page.keyboard.press('Enter');
  await page.locator('[data-terminal="open"]').waitFor();
  await page.locator('.xterm-helper-textarea').focus();
  await page.keyboard.type('echo "te$((40 + 2))st"; stty size\n');
  await page.locator('.xterm-rows').getByText('te42st').first().waitFor();
  await page.keyboard.type('exit 5\n');
  await page.getByText('The shell ended with exit code 5').waitFor();
  await page.getByRole('button', { name: 'Open again' }).click();
  await page.locator('[data-terminal="open"]').waitFor();
});

test('a script runs with arguments and variables', async () => {
  await page.goto(`${app}/agents/${agent}/script`);
  await page.getByRole('combobox', { name: `Script to run on ${host}` }).click();
  await page.getByRole('option', { name: 'Passes' }).click();
  await page.getByRole('combobox', { name: 'Arguments' }).fill('one');
  await page.keyboard.press('Enter');
  await page.getByRole('combobox', { name: 'Environment' }).fill('GREETING=hello');
  await page.getByRole('button', { name: 'Run script' }).click();
  await page.getByRole('region', { name: 'Script output' }).getByText('argument one, variable hello').waitFor();
});

test('notes are written, changed and removed', async () => {
  await page.goto(`${app}/agents/${agent}/notes`);
  await page.getByRole('textbox', { name: 'Note' }).fill('The switch <b>behind</b> it is unmanaged.');
  await page.getByRole('button', { name: 'Add note' }).click();
  await page.getByText('The switch <b>behind</b> it is unmanaged.').waitFor();
  await page.getByRole('button', { name: 'Edit this note' }).click();
  await page.getByRole('textbox', { name: 'Note' }).last().fill('The switch behind it was replaced.');
  await page.getByRole('button', { name: 'Save note' }).click();
  await page.getByText('The switch behind it was replaced.').waitFor();
  await page.getByRole('button', { name: 'Delete this note' }).click();
  await page.getByRole('button', { name: 'Delete note' }).click();
  await page.getByText('No notes yet').waitFor();
});

test('the history has what was run, with its output', async () => {
  await page.goto(`${app}/agents/${agent}/history?kind=cmd_run`);
  await page.getByRole('button', { name: /for i in 1 2 3/ }).click();
  await page.getByRole('region', { name: 'Output' }).getByText(`line 2 of ${host}`).waitFor();
});

test('processes of the machine are listed', async () => {
  await page.goto(`${app}/agents/${agent}/processes`);
  await page.getByRole('table', { name: 'Processes' }).waitFor();
  await page.getByRole('textbox', { name: 'Filter processes' }).fill('postgres');
  await page.getByRole('cell', { name: /postgres/ }).first().waitFor();
});

test('a setting of the agent is changed and shows everywhere', async () => {
  await page.goto(`${app}/agents/${agent}/settings`);
  await page.getByLabel('Description').fill('The build machine');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await page.getByRole('banner').getByText('The build machine').or(page.locator('header').getByText('The build machine')).first().waitFor();
});

test('an added machine is announced where its command was shown', async () => {
  await page.goto(`${app}/add-agent`);
  await page.getByRole('button', { name: 'Show the command' }).click();
  const command = await page.getByLabel('Command to paste').innerText();
  expect(command).toContain('curl');
  await page.getByText('Waiting for the machine').waitFor();
  expect(await barriers(page)).toEqual([]);
  // The machine's side of it, as the pasted script does: the script carries the token an agent enrols with.
  const script = await (await fetch(/https?:\/\/[^'"\s|]+/.exec(command)?.[0] ?? '')).text();
  const token = /[0-9a-f]{64}/.exec(script)?.[0] ?? '';
  const { client, site } = await place();
  const arrived = await fetch(`${suite.origin}/api/v3/newagent/`, {
    method: 'POST',
    headers: { Authorization: `Token ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      agent_id: 'e2eNewcomerNewcomerNewcomerNewcomerNewco', hostname: 'newcomer', site, monitoring_type: 'server', description: '', mesh_node_id: '',
      goarch: 'amd64', plat: 'linux', client,
    }), // prettier-ignore
  });
  expect(arrived.status).toBe(200);
  await page.getByRole('link', { name: 'Open newcomer' }).waitFor();
});

async function place(): Promise<{ client: number; site: number }> {
  const tree = (await (await call('GET', '/v1/tree')).json()) as { clients: { id: number; sites: { id: number }[] }[] };
  const [client] = tree.clients;
  const [site] = client?.sites ?? [];
  if (!client || !site) throw new Error('the suite has no client');
  return { client: client.id, site: site.id };
}

test('a removed agent leaves the list, after its name was typed', async () => {
  await page.getByRole('link', { name: 'Open newcomer' }).click();
  await page.getByRole('button', { name: 'More actions for newcomer' }).click();
  await page.getByRole('menuitem', { name: 'Remove agent…' }).click();
  await page.waitForURL(/confirm=delete/);
  await page.getByRole('textbox').fill('newcomer');
  await page.getByRole('button', { name: 'Remove agent' }).click();
  await page.waitForURL(`${app}/agents`);
  await page.getByRole('row').filter({ hasText: host }).waitFor();
  expect(await page.getByRole('row').filter({ hasText: 'newcomer' }).count()).toBe(0);
});

test('the list follows a change that another made, without being read again', async () => {
  // Opened anew, so that nothing of the removal before is still under way.
  await page.goto(`${app}/agents`);
  await page.getByRole('row').filter({ hasText: host }).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  const lists: string[] = [];
  page.on('request', (request) => {
    if (/\/v1\/agents(\?|$)/.test(new URL(request.url()).pathname + new URL(request.url()).search)) lists.push(request.url());
  });
  const answer = await call('PUT', `/agents/${agent}/`, { description: 'Renamed elsewhere' });
  expect(answer.status).toBe(200);
  await page.getByRole('row').filter({ hasText: host }).getByText('Renamed elsewhere').waitFor();
  expect(lists).toEqual([]);
});

test('every page works on a phone, light and dark, without barriers', async () => {
  const session = await sessionText();
  const { pages, checkId } = await everyPage();
  expect(checkId).toBeGreaterThan(0);
  for (const scheme of ['light', 'dark'] as const) {
    for (const [size, sizeName] of [[phone, '390'], [wide, '1440']] as const) { // prettier-ignore
      const other = await withSession(browser, session, size, scheme);
      const { page: view, problems: found } = await openPage(other);
      for (const [name, path] of pages) {
        await view.goto(app + path);
        await view.getByRole('heading', { level: 1 }).first().waitFor();
        await view.getByRole('status', { name: /^Loading/ }).first().waitFor({ state: 'detached' });
        await view.waitForLoadState('networkidle');
        expect(await overflow(view), `${name} at ${sizeName}`).toBeLessThanOrEqual(0);
        expect(await barriers(view), `${name} at ${sizeName} ${scheme}`).toEqual([]);
      }
      expect(found.list).toEqual([]);
      if (size === phone) {
        await view.getByRole('button', { name: 'Open the menu' }).click();
        await view.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Scripts' }).click();
        await view.waitForURL(`${app}/scripts`);
      }
      await other.close();
    }
  }
}, 1_800_000);

async function everyPage(): Promise<{ pages: [string, string][]; checkId: number }> {
  const checks = (await (await call('GET', `/agents/${agent}/checks/`)).json()) as { id: number }[];
  const checkId = checks[0]?.id ?? 0;
  const own = `/agents/${agent}`;
  const pages: [string, string][] = [
    ['agents', '/agents'], ['agent', own], ['checks', `${own}/checks`], ['check', `${own}/checks/${checkId}`], ['new-check', `${own}/checks/new?type=ping`],
    ['command', `${own}/command`], ['script', `${own}/script`], ['notes', `${own}/notes`], ['history', `${own}/history`], ['settings', `${own}/settings`],
    ['clients', '/clients'], ['scripts', '/scripts'], ['add-agent', '/add-agent'],
  ]; // prettier-ignore
  return { pages, checkId };
}

test('who may little is offered little', async () => {
  const post = (path: string, body: unknown) => call('POST', path, body);
  expect((await post('/accounts/roles/', { name: 'viewer', can_list_agents: true, can_list_notes: true })).status).toBe(200);
  const roles = (await (await call('GET', '/accounts/roles/')).json()) as { id: number; name: string }[];
  const role = roles.find((each) => each.name === 'viewer')?.id;
  expect((await post('/accounts/users/', { username: 'viewer', email: '', password: suite.password, role })).status).toBe(200);
  const plain = async (path: string, body: unknown, token?: string) =>
    (await (
      await fetch(suite.origin + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Token ${token}` } : {}) },
        body: JSON.stringify(body),
      })
    ).json()) as { token: string; totp_key: string };
  const { token } = await plain('/v2/checkcreds/', { username: 'viewer', password: suite.password });
  const { totp_key: secret } = await plain('/accounts/users/setup_totp/', {}, token);
  const twofactor = new Authenticator(secret).next();
  const session = await plain('/v2/login/', { username: 'viewer', password: suite.password, twofactor });
  const other = await withSession(browser, JSON.stringify({ token: session.token, username: 'viewer' }), wide, 'light');
  const { page: view, problems: found } = await openPage(other);
  await view.goto(`${app}/agents/${agent}`);
  await view.getByRole('heading', { level: 1, name: host }).waitFor();
  const parts = view.getByRole('navigation', { name: 'Parts of this agent' }).getByRole('link');
  await parts.filter({ hasText: 'Checks' }).waitFor({ state: 'detached' });
  expect(await parts.allInnerTexts()).toEqual(['Summary', 'Notes']);
  expect(await view.getByRole('link', { name: 'Add agent' }).count()).toBe(0);
  await view.goto(`${app}/agents/${agent}/notes`);
  await view.getByText('No notes yet').waitFor();
  expect(await view.getByRole('button', { name: 'Add note' }).count()).toBe(0);
  expect(found.list).toEqual([]);
  await other.close();
});

test('a lost live connection is told and mended', async () => {
  const other = await withSession(browser, await sessionText(), wide, 'light');
  const { page: view } = await openPage(other);
  let refuse = false;
  let cut = () => undefined as unknown;
  await view.routeWebSocket(/\/v1\/ws/, (socket) => {
    if (refuse) {
      void socket.close({ code: 1013 });
      return;
    }
    const server = socket.connectToServer();
    cut = () => {
      void socket.close({ code: 1012 });
      void server.close();
    };
  });
  await view.goto(`${app}/agents`);
  await view.getByText('Live', { exact: true }).waitFor();
  refuse = true;
  cut();
  await view.getByText('Live updates are interrupted.').waitFor();
  refuse = false;
  await view.getByRole('button', { name: 'Reconnect now' }).click();
  await view.getByText('Live', { exact: true }).waitFor();
  await view.getByText('Live updates are interrupted.').waitFor({ state: 'detached' });
  await other.close();
});

peopleTests({ suite, browser: () => browser, page: () => page, session: sessionText, call });

test('the page had no error of its own', () => {
  // A browser counts refused input as an error; these tests want the two of people: a taken name and a wrong setting.
  expect(problems.list.filter((line) => !line.includes('status of 400'))).toEqual([]);
});

// More refusals are wanted there.
placesTests({ suite, browser: () => browser, page: () => page, session: sessionText, call });

test('a session that ends elsewhere asks to sign in and comes back to the same place', async () => {
  await page.goto(`${app}/agents/${agent}/history?kind=script_run`);
  await page.getByRole('heading', { level: 1, name: host }).waitFor();
  expect((await call('POST', '/logoutall/')).status).toBe(204);
  await page.getByText('Your session has ended.').waitFor();
  await credentials();
  await enterCode(authenticator.next());
  await page.waitForURL(`${app}/agents/${agent}/history?kind=script_run`);
  await page.getByRole('heading', { level: 1, name: host }).waitFor();
});

test('signing out ends the session for good', async () => {
  const session = await sessionText();
  await page.getByRole('button', { name: /^Your account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click();
  await page.waitForURL(/\/app\/login/);
  const { token } = JSON.parse(session) as { token: string };
  expect((await fetch(`${suite.origin}/v1/tree`, { headers: { Authorization: `Token ${token}` } })).status).toBe(401);
});
