import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import styles from './Field.module.css';
import { Tooltip } from './Tooltip.tsx';

export interface SegmentedProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  /** With a shortcut, an option tells it in a tooltip. */
  readonly options: readonly { readonly value: Value; readonly label: string; readonly shortcut?: string }[];
  readonly onChange: (value: Value) => void;
}

/** Chooses one of a few values that are all visible. */
export function Segmented<Value extends string>({ label, value, options, onChange }: SegmentedProps<Value>) {
  return (
    <ToggleGroup
      aria-label={label}
      className={styles.segmented}
      value={[value]}
      onValueChange={(next) => {
        const chosen = options.find((option) => option.value === next[0]);
        if (chosen) onChange(chosen.value);
      }}
    >
      {options.map(({ value: own, label: text, shortcut }) => {
        const toggle = <Toggle key={own} value={own} className={styles.segment}>{text}</Toggle>;
        return shortcut === undefined ? toggle : <Tooltip key={own} label={text} shortcut={shortcut}>{toggle}</Tooltip>;
      })}
    </ToggleGroup>
  );
}
