import styles from './Home.module.css';

const COLUMNS = 6;
const ROWS = 3;
const MARKED = 9;

/** A strip of empty frames, one of them marked: what the product is named after. */
export function ContactSheet() {
  const frames = Array.from({ length: COLUMNS * ROWS }, (_, index) => ({ index, x: index % COLUMNS * 36 + 2, y: Math.floor(index / COLUMNS) * 27 + 2 }));
  return (
    <svg className={styles.sheet} viewBox="0 0 216 81" width="216" height="81" aria-hidden>
      {frames.map(({ index, x, y }) => <rect key={index} x={x} y={y} width="32" height="23" rx="1" className={index === MARKED ? styles.marked : styles.frame} />)}
    </svg>
  );
}
