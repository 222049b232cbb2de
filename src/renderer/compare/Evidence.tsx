import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Comparison } from '../../contract/index.ts';
import { userError } from '../connect/errors.ts';
import { useErrorText } from '../i18n/error-text.ts';
import { useFormat } from '../i18n/setup.ts';
import { classNames } from '../ui/class-names.ts';
import styles from './Compare.module.css';
import type { Candidate } from './CompareView.tsx';
import { evidenceRows } from './evidence-rows.ts';
import { letterOf } from './Panes.tsx';
import type { Measured } from './queries.ts';

export interface EvidenceProps {
  readonly candidates: readonly Candidate[];
  readonly measured: readonly Measured[];
  readonly focused: number;
}

/** What is known of each candidate and what was measured between them, in figures. */
export function Evidence({ candidates, measured, focused }: EvidenceProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const rows = evidenceRows(candidates.map(({ asset }) => asset), t, format);
  return (
    <aside className={styles.evidence} data-columns={candidates.length} aria-label={t('compare.evidence')} tabIndex={0}>
      <table className={styles.facts}>
        <caption className="visually-hidden">{t('compare.facts')}</caption>
        <thead>
          <tr>
            <td />
            {candidates.map(({ index }) => <th key={index} scope="col" data-focused={index === focused}><span className={styles.letter}>{letterOf(index)}</span></th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ label, values, better }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {values.map((value, column) => (
                <td key={candidates[column]?.index} className={classNames(better.includes(column) && styles.better)} data-selectable>
                  {value === '' ? <span aria-label={t('compare.unknown')}>–</span> : value}
                  {better.includes(column) && <Better />}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.hint}><Check size={12} strokeWidth={2.5} aria-hidden /> {t('compare.betterHint')}</p>
      {measured.map((one, index) => <Pair key={index} letters={[letterOf(0), letterOf(index + 1)]} {...one} />)}
    </aside>
  );
}

function Better() {
  const { t } = useTranslation();
  return <span className={styles.mark}><Check size={12} strokeWidth={2.5} aria-hidden /><span className="visually-hidden">{t('compare.better')}</span></span>;
}

function Pair({ letters, comparison, error }: Measured & { readonly letters: readonly [string, string] }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  return (
    <section className={styles.pair} aria-busy={!comparison && !error}>
      <h2><span className={styles.letter}>{letters[0]}</span> – <span className={styles.letter}>{letters[1]}</span></h2>
      {error && <p className={styles.problem}>{errorText(userError(error).code).title}. <small lang="en" data-selectable>{userError(error).message}</small></p>}
      {!error && !comparison && <p className={styles.muted}>{t('compare.measuring')}</p>}
      {comparison && <Measures comparison={comparison} />}
    </section>
  );
}

function Measures({ comparison }: { readonly comparison: Comparison }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { psnrDb, psnrBand, ssim, pdqDistance, phashDistance, hashBand, identicalBytes, identicalPixels, alignment, comparedWidth, comparedHeight } = comparison;
  const size = `${comparedWidth} × ${comparedHeight}`;
  return (
    <>
      <dl>
        <Measure label={t('compare.bytes')}>{t(identicalBytes ? 'compare.identical' : 'compare.differ')}</Measure>
        <Measure label={t('inspector.pixels')}>{t(identicalPixels ? 'compare.identical' : 'compare.differ')}</Measure>
        <Measure label="PSNR" band={t(`compare.psnrBands.${psnrBand}`)}>{psnrDb === null ? '∞' : `${format.fixed(psnrDb, 2)} dB`}</Measure>
        <Measure label="SSIM">{format.fixed(ssim, 4)}</Measure>
        <Measure label="pHash" band={t(`compare.hashBands.${hashBand}`)}>{t('compare.ofBits', { distance: phashDistance, bits: 64 })}</Measure>
        <Measure label="PDQ">{t('compare.ofBits', { distance: pdqDistance, bits: 256 })}</Measure>
      </dl>
      {alignment !== 'same-size' && <p className={styles.muted}>{t(`compare.${alignment}`, { size })}</p>}
    </>
  );
}

function Measure({ label, band, children }: { readonly label: string; readonly band?: string; readonly children: ReactNode }) {
  return <div className={styles.measure}><dt>{label}</dt><dd data-selectable>{children}{band !== undefined && <span className={styles.band}>{band}</span>}</dd></div>;
}
