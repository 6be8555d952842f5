/** Says whom the link's address reaches, where that is not everybody who reaches this page. */
import { Select } from "../kit/Select.tsx";
import type { ReachableAddress } from "./useReachableAddress.ts";
import styles from "./share.module.css";

export function LinkAddress({ address }: { readonly address: ReachableAddress }) {
  const { base, choices, choose, isThisMachineOnly } = address;
  if (isThisMachineOnly) {
    return (
      <p className={styles.line}>
        This address works on this machine only. To let a room open it, start the lab with{" "}
        <code>npm start -- --host</code>.
      </p>
    );
  }
  if (choices.length === 0) return null;
  const chosen = choices.find((choice) => base.startsWith(choice)) ?? choices[0];
  return (
    <p className={styles.line}>
      The link names this machine by its network address
      {choices.length === 1 ? (
        `, ${chosen}`
      ) : (
        <>
          {": "}
          <Select
            aria-label="Network address in the link"
            value={chosen}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </Select>
        </>
      )}
    </p>
  );
}
