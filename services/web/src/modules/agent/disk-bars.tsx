import type { Disk } from '@/api/types';
import classes from './agent.module.css';

const warnFrom = 80;
const badFrom = 95;

export function DiskBars({ disks }: { disks: Disk[] }) {
  if (disks.length === 0) return <p className="muted">The agent has not reported its disks yet.</p>;
  return (
    <div>
      {disks.map((disk) => {
        const percent = Math.min(100, Math.max(0, Math.round(disk.percent)));
        const tone = percent >= badFrom ? 'bad' : percent >= warnFrom ? 'warn' : 'ok';
        const note = tone === 'bad' ? ' · nearly full' : tone === 'warn' ? ' · filling up' : '';
        return (
          <div key={disk.device} className={classes.disk}>
            <div className={classes.diskLine}>
              <span>
                <span className="mono">{disk.device}</span> <span className="muted">{disk.fstype}</span>
              </span>
              <span className="muted">
                {disk.free} free of {disk.total}
                {note}
              </span>
            </div>
            <div
              className={classes.bar}
              data-tone={tone}
              role="meter"
              aria-valuenow={percent}
              aria-valuemin={0}
              aria-valuemax={100}
              aria-label={`${disk.device} used`}
              title={`${percent} % used`}
            >
              <div style={{ width: `${percent}%` }} />
            </div>
          </div>
        );
      })}
    </div>
  );
}
