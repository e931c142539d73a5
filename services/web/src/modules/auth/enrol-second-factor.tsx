import { Stack } from '@mantine/core';
import encodeQR from 'qr';
import { useMemo } from 'react';
import type { Enrolling } from '@/api/queries/account';
import { Copy } from '@/components/copy';
import classes from './auth.module.css';
import { CodeForm } from './code-form';

interface EnrolSecondFactorProps {
  enrolling: Enrolling;
  onSubmit: (code: string) => Promise<void>;
  onBack: () => void;
}

/** The new second factor as a picture and as text, and the first code as proof that the app has it. */
export function EnrolSecondFactor({ enrolling, onSubmit, onBack }: EnrolSecondFactorProps) {
  return (
    <Stack>
      <QrCode text={enrolling.qr_url} label={`QR code for an authenticator app, account ${enrolling.username}`} />
      <div className={classes.secret}>
        <span className="mono" data-totp-key>
          {enrolling.totp_key}
        </span>
        <Copy text={enrolling.totp_key} what="key" />
      </div>
      <CodeForm onSubmit={onSubmit} onBack={onBack} />
    </Stack>
  );
}

/** Drawn from the modules, not from markup. */
function QrCode({ text, label }: { text: string; label: string }) {
  const modules = useMemo(() => encodeQR(text, 'raw', { border: 1 }), [text]);
  const path = modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <div className={classes.qr}>
      <svg viewBox={`0 0 ${modules.length} ${modules.length}`} role="img" aria-label={label} shapeRendering="crispEdges">
        <path d={path} fill="#000" />
      </svg>
    </div>
  );
}
