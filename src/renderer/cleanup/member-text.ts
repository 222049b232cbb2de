import type { TFunction } from 'i18next';
import type { ReviewMember } from '../../contract/index.ts';
import type { Format } from '../i18n/setup.ts';

/** The reference is what the others are compared with: there is nothing to tell between it and itself. */
export function isTold({ isReference }: Pick<ReviewMember, 'isReference'>): boolean {
  return !isReference;
}

/** What is not the same is never called a hundred per cent alike. */
const ALMOST = 0.99;

/** How a member comes from the group's reference, with how alike they are where that is in question. */
export function evidenceText(t: TFunction, format: Format, member: Pick<ReviewMember, 'isReference' | 'relation' | 'transform' | 'similarity' | 'isDerived'>): string {
  if (!isTold(member)) return t('cleanup.reference');
  const { relation, transform, similarity, isDerived } = member;
  const how = relation === 'rotated' || relation === 'mirrored' ? t(`cleanup.transforms.${transform}`) : t(`cleanup.relations.${relation === 'near' && isDerived ? 'marked' : relation}`);
  return relation === 'identical-bytes' || relation === 'identical-pixels' ? how : `${how} · ${format.percent(Math.min(ALMOST, similarity))}`;
}
