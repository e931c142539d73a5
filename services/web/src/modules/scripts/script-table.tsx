import { Link } from '@tanstack/react-router';
import type { Plat, ScriptRow } from '@/api/types';
import { PlatIcon } from '../agents/status';
import classes from '../checks/checks.module.css';

const shellNames: Record<ScriptRow['shell'], string> = {
  shell: 'Shell',
  python: 'Python',
  powershell: 'PowerShell',
  cmd: 'Batch',
  nushell: 'Nushell',
  deno: 'Deno',
};

const everywhere: readonly Plat[] = ['linux', 'windows', 'darwin'];

export function ScriptTable({ scripts }: { scripts: ScriptRow[] }) {
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th>Name</th>
          <th>Category</th>
          <th>Written for</th>
          <th>Runs on</th>
        </tr>
      </thead>
      <tbody>
        {scripts.map((script) => (
          <tr key={script.id}>
            <td className={classes.name}>
              <Link to="/scripts/$scriptId" params={{ scriptId: String(script.id) }}>
                {script.name}
              </Link>
              {script.description ? <div className={classes.sub}>{script.description}</div> : null}
            </td>
            <td>{script.category ?? <span className="muted">–</span>}</td>
            <td>{shellNames[script.shell]}</td>
            <td>
              <span style={{ display: 'flex', gap: 8, color: 'var(--g-muted)' }}>
                {everywhere
                  .filter((plat) => (script.supported_platforms ?? []).length === 0 || script.supported_platforms?.includes(plat))
                  .map((plat) => (
                    <PlatIcon key={plat} plat={plat} />
                  ))}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
