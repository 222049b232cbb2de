import styles from './feedback.module.css';

export function Spinner({ label }: { readonly label: string }) {
  return <span role="status" aria-label={label}><span className={styles.spinner} style={{ display: 'inline-block' }} /></span>;
}
