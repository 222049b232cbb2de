import type { LucideIcon } from 'lucide-react';
import { type ComponentProps, type ReactNode, useId } from 'react';
import styles from './Field.module.css';

export interface TextFieldProps extends Omit<ComponentProps<'input'>, 'size'> {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly icon?: LucideIcon;
  /** Keeps the label for assistive technology only. */
  readonly hideLabel?: boolean;
  /** A small control at the end, such as one that clears the field. */
  readonly end?: ReactNode;
}

export function TextField({ label, hint, icon: Icon, hideLabel = false, end, ...rest }: TextFieldProps) {
  const id = useId();
  const input = (
    <input id={id} className={styles.input} aria-describedby={hint ? `${id}-hint` : undefined} autoComplete="off" spellCheck={false} {...rest} />
  );
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={hideLabel ? 'visually-hidden' : styles.label}>{label}</label>
      {Icon || end ? <span className={styles.withIcon}>{Icon && <Icon size={14} aria-hidden />}{input}{end}</span> : input}
      {hint && <span id={`${id}-hint`} className={styles.hint}>{hint}</span>}
    </div>
  );
}
