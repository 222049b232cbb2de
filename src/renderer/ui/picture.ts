import type { SyntheticEvent } from 'react';

/** A picture that is not there leaves the colour behind it to be seen, not the browser's mark for a broken picture. */
export function hidePicture({ currentTarget }: SyntheticEvent<HTMLImageElement>): void {
  currentTarget.style.opacity = '0';
}

export function showPicture({ currentTarget }: SyntheticEvent<HTMLImageElement>): void {
  currentTarget.style.opacity = '';
}
