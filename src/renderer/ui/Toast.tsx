import { Toast as Base } from '@base-ui/react/toast';
import type { TFunction } from 'i18next';
import { X } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { type Format, useFormat } from '../i18n/setup.ts';
import button from './Button.module.css';
import { classNames } from './class-names.ts';
import styles from './feedback.module.css';

/** A text in the language of the moment: a toast that is shown follows when the language is changed. */
export type Say = (t: TFunction, format: Format) => string;

export interface ToastOptions {
  /** Finds it again: `useCloseToast` takes it away when what it says holds no longer. */
  readonly id?: string;
  readonly title: Say;
  readonly description?: Say;
  /** Told as it is, below the rest: the engine's own sentence. */
  readonly detail?: string;
  /** Errors stay longer and interrupt screen readers. */
  readonly tone?: 'neutral' | 'danger';
  readonly action?: { readonly label: Say; readonly run: () => void };
}

const STAYS = 6000;
const ERROR_STAYS = 10_000;

/** Toasts wait while the pointer or the keyboard is on them. */
export function ToastProvider({ children }: { readonly children: ReactNode }) {
  return (
    <Base.Provider timeout={STAYS} limit={2}>
      {children}
      <Base.Portal>
        <Base.Viewport className={styles.toasts}><ToastList /></Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

/** Shows a short message; a reversible act offers its undo here instead of asking first. */
export function useToast(): (options: ToastOptions) => void {
  const { add, close } = Base.useToastManager();
  return useCallback(({ id: wanted, title, description, detail, tone = 'neutral', action }) => {
    const id: string = add({
      ...(wanted !== undefined && { id: wanted }),
      title: <Spoken say={title} />,
      description: (description ?? detail) && <>{description && <Spoken say={description} />}{detail && <small lang="en">{detail}</small>}</>,
      priority: tone === 'danger' ? 'high' : 'low',
      timeout: tone === 'danger' ? ERROR_STAYS : STAYS,
      actionProps: action && { children: <Spoken say={action.label} />, onClick: () => { action.run(); close(id); } },
    });
  }, [add, close]);
}

export function useCloseToast(): (id: string) => void {
  return Base.useToastManager().close;
}

/** What is shown last goes first. */
export function useDismissToast(): { readonly shown: boolean; readonly dismiss: () => void } {
  const { toasts, close } = Base.useToastManager();
  return { shown: toasts.length > 0, dismiss: () => close(toasts[0]?.id) };
}

function Spoken({ say }: { readonly say: Say }) {
  return say(useTranslation().t, useFormat());
}

function ToastList() {
  const { t } = useTranslation();
  const { toasts } = Base.useToastManager();
  return toasts.map((toast) => (
    <Base.Root key={toast.id} toast={toast} className={styles.toast} swipeDirection="down">
      <Base.Content className={styles.toastContent}>
        <div className={styles.toastText}>
          <Base.Title className={styles.toastTitle} />
          <Base.Description />
        </div>
        {toast.actionProps && <Base.Action className={classNames(button.button, button.secondary, button.small)} />}
        <Base.Close className={classNames(button.button, button.quiet, button.small)} aria-label={t('app.close')}><X size={14} aria-hidden /></Base.Close>
      </Base.Content>
    </Base.Root>
  ));
}
