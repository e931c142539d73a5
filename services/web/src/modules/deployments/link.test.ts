import { expect, test } from 'vitest';
import { wireTime } from './deployment-form';
import { commandOf, flagsOf } from './link';

const uid = '2f1c0f0e-1111-4222-8333-444455556666';

test('a link is one line to paste for each system', () => {
  expect(commandOf({ uid }, 'linux', 'https://rmm.example.com')).toBe(`curl -fsSL 'https://rmm.example.com/v1/deployments/${uid}/install.sh' | sudo sh`);
  expect(commandOf({ uid }, 'windows', 'https://rmm.example.com')).toContain(`Invoke-RestMethod 'https://rmm.example.com/v1/deployments/${uid}/install.ps1' | Invoke-Expression`);
});

test('switches are named, however they were stored', () => {
  expect(flagsOf({ install_flags: { rdp: 1, ping: true, power: 0 } })).toBe('remote desktop, ping');
  expect(flagsOf({ install_flags: { rdp: false, ping: 0, power: false } })).toBeNull();
});

test('moments are sent with an offset and without fractions of seconds', () => {
  expect(wireTime('2026-11-26T04:05:06.789+01:00')).toBe('2026-11-26T03:05:06Z');
});
