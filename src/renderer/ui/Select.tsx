import { Select as Base } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import { classNames } from './class-names.ts';
import styles from './Popup.module.css';
import field from './Field.module.css';

export interface SelectProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
  readonly disabled?: boolean;
  /** Shows the label beside the control instead of only to assistive technology. */
  readonly visibleLabel?: boolean;
}

export function Select<Value extends string>({ label, value, options, onChange, disabled = false, visibleLabel = false }: SelectProps<Value>) {
  return (
    <Base.Root
      items={options}
      value={value}
      disabled={disabled}
      onValueChange={(next) => { if (next !== null) onChange(next); }}
    >
      <span className={field.inline}>
        {visibleLabel && <span className={field.label} aria-hidden>{label}</span>}
        <Base.Trigger className={field.select} aria-label={label}>
          <Base.Value />
          <Base.Icon className={styles.indicator}><ChevronDown size={14} aria-hidden /></Base.Icon>
        </Base.Trigger>
      </span>
      <Base.Portal>
        <Base.Positioner className={styles.positioner} sideOffset={4} alignItemWithTrigger={false}>
          <Base.Popup className={classNames(styles.popup, styles.wide)}>
            <Base.List>
              {options.map((option) => (
                <Base.Item key={option.value} value={option.value} className={styles.item}>
                  <span className={styles.indicator}><Base.ItemIndicator><Check size={14} aria-hidden /></Base.ItemIndicator></span>
                  <Base.ItemText>{option.label}</Base.ItemText>
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
