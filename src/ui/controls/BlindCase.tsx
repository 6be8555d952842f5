/** What may be done with a phantom whose findings are kept from view. */
import { blindPatient } from "../../state/blindPatient.ts";
import { useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import styles from "./case.module.css";

export function BlindCase() {
  const { edit } = useStores().experiment.getState();
  return (
    <div className={styles.actions}>
      <Button look="outlined" onClick={() => edit(blindPatient())}>
        Another film
      </Button>
      <p className={styles.saw}>What this phantom has is hidden.</p>
    </div>
  );
}
