import { useCallback } from 'react';
import { userError } from '../connect/errors.ts';
import { errorText } from '../i18n/error-text.ts';
import { type Say, useToast } from '../ui/Toast.tsx';

/** Tells that something asked for did not work: what, why in the user's language, and the engine's own sentence. */
export function useErrorToast(): (what: Say, error: unknown) => void {
  const toast = useToast();
  return useCallback((what, error) => {
    const { code, message } = userError(error);
    const why: Say = (t) => {
      const { title, hint } = errorText(t, code);
      return `${title}. ${hint}`;
    };
    toast({ title: what, description: why, detail: message, tone: 'danger' });
  }, [toast]);
}
