/** A part of the bench that an instructor may have locked: then it can be read and not be changed. */
import type { ReactNode } from "react";
import type { LockName } from "../../lesson/room.ts";
import { Icon } from "../kit/icons.tsx";
import { useRoom } from "./stores.ts";
import styles from "./locked.module.css";

export function Locked(props: { readonly name: LockName; readonly children: ReactNode }) {
  const { name, children } = props;
  const isLocked = useRoom((s) => s.locks.includes(name));
  if (!isLocked) return children;
  return (
    <div className={styles.locked} role="group" aria-label={`${name}, locked by the instructor`}>
      <span className={styles.badge} title="Locked by the instructor">
        <Icon name="lock" size={12} />
      </span>
      <div inert className={styles.inside}>
        {children}
      </div>
    </div>
  );
}
