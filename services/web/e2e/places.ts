import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Page } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { barriers, openPage, overflow, phone, withSession } from './browser.ts';
import type { World } from './people.ts';

/** Clients, custom fields, keys, URL actions, schedules, install links, logs and the server's own pages. */
export function placesTests({ suite, browser, page: current, session, call }: World): void {
  const app = `${suite.origin}/app`;
  let page: Page;
  let client: number;

  beforeEach(() => {
    page = current();
  });

  const choose = async (label: string, option: string) => {
    const name = new RegExp(`^${label}`);
    await page.getByRole('combobox', { name }).or(page.getByRole('textbox', { name })).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };

  test('custom fields are defined, also one that wants a default', async () => {
    await page.goto(`${app}/settings/custom-fields/new?model=client`);
    await page.getByRole('textbox', { name: 'Name' }).fill('Contract');
    await page.getByRole('button', { name: 'Add field' }).click();
    await page.waitForURL(`${app}/settings/custom-fields?model=client`);
    await page.getByRole('row').filter({ hasText: 'Contract' }).getByText('{{client.Contract}}').waitFor();

    await page.goto(`${app}/settings/custom-fields/new?model=agent`);
    await page.getByRole('textbox', { name: 'Name' }).fill('Rack');
    await page.getByRole('switch', { name: /^Required/ }).check();
    await page.getByRole('button', { name: 'Add field' }).click();
    await page.getByText('Required fields need a default.').waitFor();
    await page.getByRole('textbox', { name: 'Default' }).fill('A1');
    await page.getByRole('button', { name: 'Add field' }).click();
    await page.waitForURL(`${app}/settings/custom-fields?model=agent`);
    await page.getByRole('row').filter({ hasText: 'Rack' }).getByText('A1').waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  test('a client is made with its first site and its fields, and gets another site', async () => {
    await page.goto(`${app}/clients/new`);
    await page.getByRole('textbox', { name: 'Name' }).fill('Harbour Logistics');
    await page.getByRole('textbox', { name: 'First site' }).fill('Quay');
    await page.getByRole('textbox', { name: 'Contract' }).fill('C-1001');
    await page.getByRole('button', { name: 'Add client' }).click();
    await page.waitForURL(`${app}/clients`);
    await page.getByRole('link', { name: 'Harbour Logistics', exact: true }).first().waitFor();
    const tree = (await (await call('GET', '/v1/tree')).json()) as { clients: { id: number; name: string }[] };
    client = tree.clients.find((each) => each.name === 'Harbour Logistics')?.id ?? 0;
    await page.goto(`${app}/clients/${client}/sites/new`);
    await page.getByRole('textbox', { name: 'Name' }).fill('Warehouse');
    await page.getByRole('button', { name: 'Add site' }).click();
    await page.waitForURL(`${app}/clients/${client}`);
    await page.getByRole('link', { name: 'Warehouse' }).waitFor();
    expect(await page.getByRole('textbox', { name: 'Contract' }).inputValue()).toBe('C-1001');
    expect(await barriers(page)).toEqual([]);
  });

  test('a name that is taken is told beside its field, and what was typed is not lost by accident', async () => {
    const name = page.getByRole('textbox', { name: 'Name' });
    await name.fill('Home');
    await page.getByRole('button', { name: 'Save client' }).click();
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
    await page.getByRole('main').getByRole('link', { name: 'Clients and sites' }).click();
    await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Stay here' }).click();
    await name.fill('Harbour Freight');
    await page.getByRole('button', { name: 'Save client' }).click();
    await page.waitForURL(`${app}/clients`);
    await page.getByRole('link', { name: 'Harbour Freight', exact: true }).first().waitFor();
    await page.goto(`${app}/clients/${client}`);
    await page.getByRole('heading', { level: 1, name: 'Harbour Freight' }).waitFor();
    expect(await name.inputValue()).toBe('Harbour Freight');
  });

  test('the question before a deletion has an address and says what goes', async () => {
    await page.goto(`${app}/clients?q=harbour`);
    await page.getByRole('button', { name: 'Delete Harbour Freight' }).click();
    await page.waitForURL(`${app}/clients?q=harbour&remove=${client}`);
    await page.reload();
    const dialog = page.getByRole('dialog', { name: 'Delete Harbour Freight?' });
    await dialog.getByText('Its 2 sites, values of custom fields and install links are deleted with it').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.waitForURL(`${app}/clients?q=harbour`);
  });

  test('a value of an own field is set on the agent and shows in its summary', async () => {
    const found = (await (await call('GET', `/v1/agents?q=${hostname()}`)).json()) as { items: { agent_id: string }[] };
    const agent = found.items[0]?.agent_id ?? '';
    await page.goto(`${app}/agents/${agent}/settings`);
    await page.getByRole('textbox', { name: 'Rack' }).fill('B7');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await page.getByText('The agent was updated successfully').waitFor();
    await page.goto(`${app}/agents/${agent}`);
    await page.getByRole('region', { name: 'Custom fields' }).getByText('B7').waitFor();
  });

  test('the audit log has the change with before and after, and its filter survives a reload', async () => {
    await page.goto(`${app}/logs/audit?action=modify&object=client`);
    await page.getByRole('link', { name: /Harbour Freight/ }).first().waitFor();
    await page.reload();
    const table = page.getByRole('table', { name: 'Audit log' });
    await table.getByRole('link', { name: /Harbour Freight/ }).first().waitFor();
    expect(await table.getByText('Added', { exact: true }).count()).toBe(0);
    const waiting = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const file = await (await waiting).path();
    const csv = readFileSync(file, 'utf8');
    expect(csv).toContain('Harbour Freight');
    expect(csv).not.toContain('globalkvstore');
    expect(await barriers(page)).toEqual([]);
    await table.getByRole('link', { name: /Harbour Freight/ }).first().click();
    const changed = page.getByRole('table', { name: 'Before and after' }).getByRole('row').filter({ hasText: 'name' });
    await changed.getByText('Harbour Logistics').waitFor();
    await changed.getByText('Harbour Freight').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Back' }).click();
    await page.waitForURL(`${app}/logs/audit?action=modify&object=client`);
  });

  test('a key is kept out of sight, and a URL action uses it', async () => {
    await page.goto(`${app}/settings/key-store/new`);
    await page.getByRole('textbox', { name: 'Name' }).fill('wiki');
    await page.getByLabel(/^Value/).fill('s3cret-path');
    await page.getByRole('button', { name: 'Add entry' }).click();
    await page.waitForURL(`${app}/settings/key-store`);
    const row = page.getByRole('row').filter({ hasText: 'wiki' });
    await row.getByText('{{global.wiki}}').waitFor();
    expect(await page.getByText('s3cret-path').count()).toBe(0);
    expect(await barriers(page)).toEqual([]);

    await page.goto(`${app}/settings/url-actions/new?kind=web`);
    await page.getByRole('textbox', { name: 'Name' }).fill('Wiki');
    await page.getByRole('textbox', { name: 'Address' }).fill('https://wiki.example.com/{{global.wiki}}/{{client.name}}');
    await page.getByRole('button', { name: 'Add action' }).click();
    await page.waitForURL(`${app}/settings/url-actions?kind=web`);
    await page.getByRole('link', { name: 'Wiki', exact: true }).click();
    await choose('For', 'A client');
    await choose('Client', 'Harbour Freight');
    await page.getByRole('button', { name: 'Make the address' }).click();
    await page.getByText(/^https:\/\/wiki\.example\.com\/s3cret-path\/Harbour(%20| |\+)Freight$/).waitFor();
  });

  test('a web hook at a private address is refused, and the reason stays in view', async () => {
    await page.goto(`${app}/settings/url-actions/new?kind=rest`);
    await page.getByRole('textbox', { name: 'Address' }).fill(`${suite.origin}/v1/setup`);
    await page.getByRole('textbox', { name: 'Headers' }).fill('{');
    await page.getByText(/^This is no JSON/).first().waitFor();
    await page.getByRole('textbox', { name: 'Headers' }).fill('{}');
    await page.getByRole('textbox', { name: 'Body' }).fill('{}');
    await page.getByRole('button', { name: 'Send the request' }).click();
    await page.getByRole('region', { name: 'Try it' }).getByText(/not allowed|private|refused|loopback/i).last().waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Leave without saving' }).click();
  });

  test('a schedule says in words when it is due', async () => {
    await page.goto(`${app}/settings/schedules/new`);
    await page.getByRole('textbox', { name: 'Name' }).fill('Quarterly');
    await page.getByText('Monthly', { exact: true }).click();
    for (const month of ['Jan', 'Apr', 'Jul', 'Oct']) await page.getByRole('group', { name: 'Months' }).getByText(month, { exact: true }).click();
    await page.getByRole('button', { name: 'Add schedule' }).click();
    await page.getByRole('status').getByText('Choose at least one of each.').waitFor();
    await page.getByRole('group', { name: 'Days' }).getByText('Last', { exact: true }).click();
    const words = 'On day last day of January, April, July and October at 08:00';
    await page.getByText(words).waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Add schedule' }).click();
    await page.waitForURL(`${app}/settings/schedules`);
    await page.getByRole('row').filter({ hasText: 'Quarterly' }).getByText(words).waitFor();
  });

  test('an install link has a command for each system, which works until the link is deleted', async () => {
    await page.goto(`${app}/settings/deployments/new`);
    await choose('Site', 'Warehouse');
    await page.getByRole('button', { name: 'Make link' }).click();
    await page.waitForURL(/\/settings\/deployments\/\d+$/);
    await page.getByRole('heading', { level: 1, name: 'Harbour Freight, Warehouse' }).waitFor();
    const command = await page.getByRole('region', { name: 'Shell' }).innerText();
    const address = /'(http[^']+install\.sh)'/.exec(command)?.[1] ?? '';
    const script = await fetch(address);
    expect(script.status).toBe(200);
    expect(await script.text()).toContain('agent_type=');
    await page.getByText('Windows', { exact: true }).click();
    await page.waitForURL(/os=windows/);
    await page.reload();
    await page.getByRole('region', { name: 'PowerShell' }).getByText('install.ps1').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete link' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete link' }).click();
    await page.waitForURL(`${app}/settings/deployments`);
    expect((await fetch(address)).status).toBe(404);
  });

  test('the server tells how it does and what it works on', async () => {
    await page.goto(`${app}/server/health`);
    await page.getByText('Database').waitFor();
    expect(await page.getByText('No answer').count()).toBe(0);
    expect(await barriers(page)).toEqual([]);
    await page.goto(`${app}/server/dead`);
    await page.getByRole('heading', { name: 'No dead letters' }).waitFor();
    await page.goto(`${app}/server/maintenance`);
    await page.getByRole('button', { name: /Remove orphaned tasks/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    // Beside the button that started it: how it went, and the way to all runs.
    const last = page.getByRole('status').filter({ hasText: 'All runs' });
    await last.getByText('Done').waitFor();
    await last.getByRole('link', { name: 'All runs' }).click();
    await page.waitForURL(`${app}/server/jobs?job=remove_orphaned_tasks`);
    await page.getByRole('table', { name: 'Runs of periodic jobs' }).getByText('Done').first().waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  test('the question before pruning has an address and says how many rows go', async () => {
    await page.goto(`${app}/server/maintenance`);
    await page.getByText(/What still waits is kept\. \d+ rows? now\./).waitFor();
    await page.getByRole('checkbox', { name: 'Pending actions that are done' }).check();
    await page.waitForURL(`${app}/server/maintenance?prune=pending_actions`);
    await page.reload();
    expect(await page.getByRole('checkbox', { name: 'Pending actions that are done' }).isChecked()).toBe(true);
    await page.goto(`${app}/server/maintenance?prune=pending_actions&ask=prune`);
    // A fresh suite has no such rows: then nothing is asked.
    await page.getByText('There are no such rows now.').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Delete these rows…' }).isDisabled()).toBe(true);
  });

  test('these pages fit a phone, in the dark', async () => {
    const context = await withSession(browser(), await session(), phone, 'dark');
    const { page: small } = await openPage(context);
    for (const path of ['/clients', `/clients/${client}`, '/settings/custom-fields', '/settings/key-store', '/settings/deployments/new', '/logs/audit', '/server/jobs', '/server/maintenance']) {
      await small.goto(app + path);
      await small.getByRole('heading', { level: 1 }).waitFor();
      await small.waitForLoadState('networkidle');
      expect(await overflow(small), path).toBeLessThanOrEqual(0);
      expect(await barriers(small), path).toEqual([]);
    }
    await context.close();
  });
}
