import { ArrowLeftRight, Info, Maximize, Minus, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAction } from '../app/actions.ts';
import { useKeyLabel } from '../app/keyboard.ts';
import { useFormat } from '../i18n/setup.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Tooltip } from '../ui/Tooltip.tsx';
import styles from './Compare.module.css';
import { COMPARE_MODES, type CompareMode } from './modes.ts';

export interface CompareToolbarProps {
  readonly mode: CompareMode;
  readonly onMode: (mode: CompareMode) => void;
  /** Of the sharpest candidate; null before anything is shown. */
  readonly scale: number | null;
  readonly isFit: boolean;
  readonly evidence: boolean | undefined;
  readonly onEvidence: ((shown: boolean) => void) | undefined;
  readonly leading: ReactNode;
  readonly actions: ReactNode;
}

export function CompareToolbar({ mode, onMode, scale, isFit, evidence, onEvidence, leading, actions }: CompareToolbarProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const keyLabel = useKeyLabel();
  const flick = useAction('compare-flick');
  const [zoomIn, zoomOut, fit, actual] = [useAction('loupe-zoom-in'), useAction('loupe-zoom-out'), useAction('loupe-fit'), useAction('loupe-actual')];
  return (
    <div className={styles.bar}>
      {leading}
      <Segmented label={t('compare.mode')} value={mode} options={COMPARE_MODES.map((value) => ({ value, label: t(`compare.modes.${value}`), shortcut: keyLabel(`compare-${value}`) }))} onChange={onMode} />
      <IconButton icon={ArrowLeftRight} label={t('actions.compare-flick')} shortcut={keyLabel('compare-flick')} disabled={!flick.enabled} onClick={flick.run} />
      <span className={styles.spacer} />
      {actions}
      {actions !== undefined && <span className={styles.separator} />}
      <IconButton className={styles.roomy} icon={Minus} label={t('actions.loupe-zoom-out')} shortcut={keyLabel('loupe-zoom-out')} onClick={zoomOut.run} />
      <span className={styles.scale} aria-label={t('loupe.zoom')} role="status">{scale !== null && format.percent(scale * window.devicePixelRatio)}</span>
      <IconButton className={styles.roomy} icon={Plus} label={t('actions.loupe-zoom-in')} shortcut={keyLabel('loupe-zoom-in')} onClick={zoomIn.run} />
      <IconButton icon={Maximize} label={t('actions.loupe-fit')} shortcut={keyLabel('loupe-fit')} pressed={isFit} onClick={fit.run} />
      <Tooltip label={t('actions.loupe-actual')} shortcut={keyLabel('loupe-actual')}><Button variant="quiet" onClick={actual.run}>1:1</Button></Tooltip>
      {onEvidence && <IconButton icon={Info} label={t('compare.evidence')} shortcut={keyLabel('toggle-inspector')} pressed={evidence === true} onClick={() => onEvidence(evidence !== true)} />}
    </div>
  );
}
