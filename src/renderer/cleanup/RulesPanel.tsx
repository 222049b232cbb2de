import { ChevronDown, ChevronUp, FolderLock, FolderPlus, GripVertical, X } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type KeeperRuleSetting, KEEPER_RULES } from '../../contract/index.ts';
import { legible } from '../i18n/legible.ts';
import { useFormat } from '../i18n/setup.ts';
import { useProtectFolders } from './useProtectFolders.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { classNames } from '../ui/class-names.ts';
import styles from './Rules.module.css';
import { moved, useRules } from './useRules.ts';

/** What decides which file of a group is kept: rules in their order, and folders that nothing is taken from. */
export function RulesPanel() {
  const { t } = useTranslation();
  const rules = useRules();
  if (!rules.isLoaded) return null;
  return (
    <aside className={styles.panel} aria-label={t('cleanup.rules.title')} tabIndex={0}>
      <section>
        <h2>{t('cleanup.rules.title')}</h2>
        <p className={styles.muted}>{t('cleanup.rules.body')}</p>
        <RuleList rules={rules.rules} onChange={rules.setRules} />
        {!rules.isDefault && <Button size="small" onClick={() => rules.setRules(KEEPER_RULES.map((rule) => ({ rule, enabled: true })))}>{t('cleanup.rules.reset')}</Button>}
      </section>
      <ProtectedFolders folders={rules.folders} onChange={rules.setFolders} />
    </aside>
  );
}

interface RuleListProps { readonly rules: readonly KeeperRuleSetting[]; readonly onChange: (rules: readonly KeeperRuleSetting[]) => void }

interface Drag { readonly from: number; readonly startY: number; readonly height: number; readonly offset: number }

/** Sorted by dragging a rule by its handle, or with its arrow keys. */
function RuleList({ rules, onChange }: RuleListProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const list = useRef<HTMLOListElement>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const [news, setNews] = useState('');
  const over = drag && Math.max(0, Math.min(rules.length - 1, drag.from + Math.round(drag.offset / drag.height)));
  // The last one stays: without any rule there would be nothing to go by.
  const isLast = rules.filter(({ enabled }) => enabled).length === 1;

  const move = (from: number, to: number) => {
    if (to < 0 || to >= rules.length || to === from) return;
    onChange(moved(rules, from, to));
    setNews(t('cleanup.rules.moved', { place: format.number(to + 1), total: format.number(rules.length) }));
  };
  const start = (event: PointerEvent<HTMLElement>, from: number) => {
    const item = event.currentTarget.closest('li');
    if (event.button !== 0 || !item) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ from, startY: event.clientY, height: item.offsetHeight, offset: 0 });
  };
  const end = () => {
    if (drag && over !== null) move(drag.from, over);
    setDrag(null);
  };
  const onKeyDown = (event: KeyboardEvent, index: number) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    move(index, index + by);
    // The handle goes with its rule; the list has been drawn again by then.
    requestAnimationFrame(() => list.current?.querySelectorAll<HTMLElement>('[data-handle]')[Math.max(0, Math.min(rules.length - 1, index + by))]?.focus());
  };

  return (
    <>
      <ol ref={list} className={styles.rules}>
        {rules.map(({ rule, enabled }, index) => (
          <li key={rule} className={classNames(styles.rule, drag?.from === index && styles.dragged, !enabled && styles.off)} style={drag ? { translate: `0 ${shiftOf(index, drag, over ?? drag.from)}px` } : undefined}>
            <button
              type="button" data-handle className={styles.handle} aria-label={t('cleanup.rules.handle', { rule: t(`cleanup.rules.names.${rule}`), place: format.number(index + 1) })} title={t('cleanup.rules.handleHint')}
              onPointerDown={(event) => start(event, index)} onPointerMove={(event) => { if (drag) setDrag({ ...drag, offset: event.clientY - drag.startY }); }}
              onPointerUp={end} onPointerCancel={() => setDrag(null)} onKeyDown={(event) => onKeyDown(event, index)}
            ><GripVertical size={14} strokeWidth={1.75} aria-hidden /></button>
            <span className={styles.number}>{format.number(index + 1)}</span>
            <Checkbox
              label={t(`cleanup.rules.names.${rule}`)} hint={t(`cleanup.rules.hints.${rule}`)} checked={enabled} disabled={enabled && isLast}
              onChange={(next) => onChange(rules.map((one) => (one.rule === rule ? { rule, enabled: next } : one)))}
            />
            <span className={styles.arrows}>
              <button type="button" tabIndex={-1} aria-label={t('cleanup.rules.up')} disabled={index === 0} onClick={() => move(index, index - 1)}><ChevronUp size={14} aria-hidden /></button>
              <button type="button" tabIndex={-1} aria-label={t('cleanup.rules.down')} disabled={index === rules.length - 1} onClick={() => move(index, index + 1)}><ChevronDown size={14} aria-hidden /></button>
            </span>
          </li>
        ))}
      </ol>
      <span className="visually-hidden" role="status">{news}</span>
    </>
  );
}

/** How far an item gives way while another is dragged, in pixels. */
function shiftOf(index: number, { from, offset, height }: Drag, over: number): number {
  if (index === from) return offset;
  if (index > from && index <= over) return -height;
  return index < from && index >= over ? height : 0;
}

function ProtectedFolders({ folders, onChange }: { readonly folders: readonly string[]; readonly onChange: (folders: readonly string[]) => void }) {
  const { t } = useTranslation();
  const add = useProtectFolders();
  return (
    <section>
      <h2>{t('cleanup.rules.protected')}</h2>
      <p className={styles.muted}>{t('cleanup.rules.protectedBody')}</p>
      <ul className={styles.folders}>
        {folders.map((folder) => (
          <li key={folder}>
            <FolderLock size={14} strokeWidth={1.75} aria-hidden />
            <bdi data-selectable>{legible(folder)}</bdi>
            <IconButton size="small" icon={X} label={t('cleanup.rules.unprotect', { folder })} onClick={() => onChange(folders.filter((one) => one !== folder))} />
          </li>
        ))}
      </ul>
      <Button size="small" icon={FolderPlus} onClick={add}>{t('cleanup.rules.protect')}</Button>
    </section>
  );
}
