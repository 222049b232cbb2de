import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import styles from './feedback.module.css';

const ICONS = { neutral: Info, warning: TriangleAlert, danger: CircleAlert } as const;

export interface BannerProps {
  readonly tone?: keyof typeof ICONS;
  readonly children: ReactNode;
  /** Told as it is, below the rest: the engine's own sentence. */
  readonly detail?: string;
  readonly action?: ReactNode;
}

/** States a condition of the whole screen, with what can be done about it. */
export function Banner({ tone = 'neutral', children, detail, action }: BannerProps) {
  const Icon = ICONS[tone];
  return (
    <div role={tone === 'danger' ? 'alert' : 'status'} className={classNames(styles.banner, tone !== 'neutral' && styles[tone])}>
      <Icon size={16} aria-hidden />
      <p>{children}{detail && <small lang="en" data-selectable>{detail}</small>}</p>
      {action}
    </div>
  );
}
