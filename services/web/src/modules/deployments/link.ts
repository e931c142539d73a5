import type { Deployment } from '@/api/admin-types';

/** What goes with an installation, in words. */
const flagWords = { rdp: 'remote desktop', ping: 'ping', power: 'no sleep' } as const;

export function flagsOf(deployment: Pick<Deployment, 'install_flags'>): string | null {
  const chosen = (Object.keys(flagWords) as (keyof typeof flagWords)[]).filter((flag) => deployment.install_flags[flag]);
  return chosen.map((flag) => flagWords[flag]).join(', ') || null;
}

/** The address of the installer of a link, at the server that this page came from. */
export function scriptOf(deployment: Pick<Deployment, 'uid'>, system: 'linux' | 'windows', origin: string): string {
  return `${origin}/v1/deployments/${deployment.uid}/install.${system === 'linux' ? 'sh' : 'ps1'}`;
}

/** One line to paste: into a root shell's terminal, or into an elevated PowerShell. */
export function commandOf(deployment: Pick<Deployment, 'uid'>, system: 'linux' | 'windows', origin: string): string {
  const address = scriptOf(deployment, system, origin);
  if (system === 'linux') return `curl -fsSL '${address}' | sudo sh`;
  return `Set-ExecutionPolicy Bypass -Scope Process -Force; Invoke-RestMethod '${address}' | Invoke-Expression`;
}
