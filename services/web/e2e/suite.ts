import { readFileSync } from 'node:fs';

/** The running suite under test. */
export interface Suite {
  /** Origin of everything, for example `http://127.0.0.1:8080`. */
  origin: string;
  user: string;
  password: string;
}

/** Finds the suite: RMM_* variables as `rmmctl suite exec` sets them, else the access file of `make run`. */
export function findSuite(): Suite {
  const { RMM_WEB: web, RMM_USER: user, RMM_PASSWORD: password } = process.env;
  if (web && user && password) return { origin: new URL(web).origin, user, password };
  const path = process.env.RMM_ACCESS ?? new URL('../../../.run/access.json', import.meta.url).pathname;
  const access = JSON.parse(readFileSync(path, 'utf8')) as { web: string; user: string; password: string };
  return { origin: new URL(access.web).origin, user: access.user, password: access.password };
}
