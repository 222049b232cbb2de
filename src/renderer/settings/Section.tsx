import type { ReactNode } from 'react';
import styles from './Settings.module.css';

export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return <section className={styles.section}><h2>{title}</h2><div className={styles.content}>{children}</div></section>;
}
