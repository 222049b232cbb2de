import { classNames } from './class-names.ts';
import styles from './feedback.module.css';

export interface ProgressBarProps {
  readonly label: string;
  /** 0–1; null while the total is unknown. */
  readonly value: number | null;
  readonly tone?: 'running' | 'paused' | 'failed' | 'complete';
  readonly slim?: boolean;
}

export function ProgressBar({ label, value, tone = 'running', slim = false }: ProgressBarProps) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : Math.round(value * 100)}
      className={classNames(styles.track, styles[tone], slim && styles.slim, value === null && styles.unknown)}
    >
      <div className={styles.bar} style={value === null ? undefined : { inlineSize: `${value * 100}%` }} />
    </div>
  );
}
