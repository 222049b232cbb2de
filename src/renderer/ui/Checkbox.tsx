import { Checkbox as Base } from '@base-ui/react/checkbox';
import { Check } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import styles from './Field.module.css';

export interface CheckboxProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function Checkbox({ label, hint, checked, disabled = false, onChange }: CheckboxProps) {
  const id = useId();
  return (
    <div className={styles.check}>
      <Base.Root
        className={styles.box} checked={checked} disabled={disabled} onCheckedChange={(next) => onChange(next)} aria-labelledby={id}
        // It would swallow Enter, which does nothing to a box, together with the shortcuts that have Enter in them.
        onKeyDown={(event) => { if (event.ctrlKey || event.metaKey) event.preventBaseUIHandler(); }}
      >
        <Base.Indicator><Check size={12} strokeWidth={3} aria-hidden /></Base.Indicator>
      </Base.Root>
      <span>
        <span id={id} onClick={() => { if (!disabled) onChange(!checked); }}>{label}</span>
        {hint && <small>{hint}</small>}
      </span>
    </div>
  );
}
