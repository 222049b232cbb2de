import { Toast as Base } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import button from './Button.module.css';
import { classNames } from './class-names.ts';
import styles from './feedback.module.css';

export interface ToastOptions {
  readonly title: string;
  readonly description?: string;
  /** Errors stay longer and interrupt screen readers. */
  readonly tone?: 'neutral' | 'danger';
  readonly action?: { readonly label: string; readonly run: () => void };
}

export function ToastProvider({ closeLabel, children }: { readonly closeLabel: string; readonly children: ReactNode }) {
  return (
    <Base.Provider timeout={6000} limit={3}>
      {children}
      <Base.Portal>
        <Base.Viewport className={styles.toasts}><ToastList closeLabel={closeLabel} /></Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

/** Shows a short message; a reversible act offers its undo here instead of asking first. */
export function useToast(): (options: ToastOptions) => void {
  const { add, close } = Base.useToastManager();
  return useCallback(({ title, description, tone = 'neutral', action }) => {
    const id: string = add({
      title,
      description,
      priority: tone === 'danger' ? 'high' : 'low',
      timeout: tone === 'danger' || action ? 10_000 : 5000,
      actionProps: action && { children: action.label, onClick: () => { action.run(); close(id); } },
    });
  }, [add, close]);
}

function ToastList({ closeLabel }: { readonly closeLabel: string }) {
  const { toasts } = Base.useToastManager();
  return toasts.map((toast) => (
    <Base.Root key={toast.id} toast={toast} className={styles.toast} swipeDirection="right">
      <Base.Content className={styles.toastContent}>
        <div className={styles.toastText}>
          <Base.Title className={styles.toastTitle} />
          <Base.Description />
        </div>
        {toast.actionProps && <Base.Action className={classNames(button.button, button.secondary, button.small)} />}
        <Base.Close className={classNames(button.button, button.quiet, button.small)} aria-label={closeLabel}><X size={14} aria-hidden /></Base.Close>
      </Base.Content>
    </Base.Root>
  ));
}
