import { Slider as Base } from '@base-ui/react/slider';
import styles from './Field.module.css';

export interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onChange: (value: number) => void;
  readonly format?: (value: number) => string;
}

export function Slider({ label, value, min, max, step, onChange, format }: SliderProps) {
  return (
    <Base.Root value={value} min={min} max={max} step={step} onValueChange={(next) => onChange(next)}>
      <Base.Control className={styles.slider}>
        <Base.Track className={styles.track}>
          <Base.Indicator className={styles.range} />
          <Base.Thumb className={styles.thumb} aria-label={label} {...(format && { getAriaValueText: (_: string, raw: number) => format(raw) })} />
        </Base.Track>
      </Base.Control>
    </Base.Root>
  );
}
