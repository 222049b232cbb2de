import { Menu as Base } from '@base-ui/react/menu';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement } from 'react';
import { Kbd } from './Kbd.tsx';
import styles from './Popup.module.css';

export interface MenuItem {
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly shortcut?: string | undefined;
  readonly disabled?: boolean;
  readonly separated?: boolean;
  readonly run: () => void;
}

export function Menu({ trigger, items, align = 'start' }: { readonly trigger: ReactElement; readonly items: readonly MenuItem[]; readonly align?: 'start' | 'end' }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align={align} className={styles.positioner}>
          <Base.Popup className={styles.popup}>
            {items.map(({ label, icon: Icon, shortcut, disabled = false, separated = false, run }) => (
              <div key={label} role="presentation">
                {separated && <Base.Separator className={styles.separator} />}
                <Base.Item className={styles.item} disabled={disabled} onClick={run}>
                  {Icon && <Icon size={16} strokeWidth={1.75} aria-hidden />}
                  {label}
                  {shortcut && <span className={styles.end}><Kbd>{shortcut}</Kbd></span>}
                </Base.Item>
              </div>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
