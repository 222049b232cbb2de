import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { evidenceText } from '../cleanup/member-text.ts';
import { CLEANUP_START } from '../cleanup/place.ts';
import { useAppState, useSet } from '../app/store.ts';
import { renditionUrl, useClient, useHost } from '../connect/context.tsx';
import { legible } from '../i18n/legible.ts';
import { useFormat } from '../i18n/setup.ts';
import { Button } from '../ui/Button.tsx';
import { hidePicture, showPicture } from '../ui/picture.ts';
import styles from './Inspector.module.css';

const MOST = 12;
const REST_MS = 250;

/** The duplicates of an image and what else belongs to it, as small pictures. */
export function Alike({ assetId }: { readonly assetId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const set = useSet();
  const level = useAppState((state) => state.level);
  const enabled = useRested(assetId);
  const { data: hits = [] } = useQuery({ enabled, queryKey: ['similarity', 'find', assetId], queryFn: ({ signal }) => client.similarity.find({ of: { assetId }, limit: MOST }, { signal }) });
  const { data: relatives = [] } = useQuery({ enabled, queryKey: ['similarity', 'related', assetId], queryFn: ({ signal }) => client.similarity.related({ assetId }, { signal }) });
  const { data: rank = null } = useQuery({ enabled, queryKey: ['cleanup', 'rank', level, assetId], queryFn: ({ signal }) => client.cleanup.rankOf({ level, of: { assetId } }, { signal }) });
  const compareWith = (other: number) => set({ comparing: [assetId, other], screen: 'compare' });
  return (
    <>
      {hits.length > 0 && (
        <section className={styles.section}>
          <h3>{t('cleanup.alike')}{rank !== null && <Button size="small" onClick={() => set({ screen: 'cleanup', cleanup: { ...CLEANUP_START, rank, showDecided: true } })}>{t('cleanup.showGroup')}</Button>}</h3>
          <ul className={styles.alike}>
            {hits.map((hit) => <Small key={hit.assetId} sha256={hit.sha256} path={hit.path} caption={evidenceText(t, format, { ...hit, isReference: false })} onOpen={() => compareWith(hit.assetId)} />)}
          </ul>
        </section>
      )}
      {relatives.length > 0 && (
        <section className={styles.section}>
          <h3>{t('cleanup.related')}</h3>
          <ul className={styles.alike}>
            {relatives.slice(0, MOST).map((one) => <Small key={one.assetId} sha256={one.sha256} path={one.path} caption={t(`cleanup.kinships.${one.kinship}`)} onOpen={() => compareWith(one.assetId)} />)}
          </ul>
        </section>
      )}
    </>
  );
}

/** True once one has stayed with an image: whoever walks through thousands asks for none of theirs. */
function useRested(assetId: number): boolean {
  const [rested, setRested] = useState<number | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setRested(assetId), REST_MS);
    return () => clearTimeout(timer);
  }, [assetId]);
  return rested === assetId;
}

interface SmallProps { readonly sha256: string; readonly path: string; readonly caption: string; readonly onOpen: () => void }

function Small({ sha256, path, caption, onOpen }: SmallProps) {
  const { t } = useTranslation();
  const host = useHost();
  return (
    <li>
      <button type="button" className={styles.small} title={legible(path)} aria-label={`${t('actions.compare')}: ${legible(path.split(/[\\/]/).at(-1) ?? path)}, ${caption}`} onClick={onOpen}>
        <span className={styles.smallFrame}><img src={renditionUrl(host, sha256, 'thumb')} alt="" draggable={false} decoding="async" onError={hidePicture} onLoad={showPicture} /></span>
        <span>{caption}</span>
      </button>
    </li>
  );
}
