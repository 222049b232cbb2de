import { useAppState } from '../app/store.ts';
import { Groups } from './Groups.tsx';
import { HistoryView } from './HistoryView.tsx';
import { PlanView } from './PlanView.tsx';
import { QuarantineView } from './QuarantineView.tsx';

/** Duplicates to decide about, what will be done with them, and what was done. */
export function CleanupScreen() {
  const view = useAppState((state) => state.cleanup.view);
  switch (view) {
    case 'groups': return <Groups />;
    case 'plan': return <PlanView />;
    case 'quarantine': return <QuarantineView />;
    case 'history': return <HistoryView />;
  }
}
