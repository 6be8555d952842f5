/** The graphs of a model from picture to answer, one box each. */
import type { ChainPart } from "../../engine/protocol.ts";
import { bytes as weight } from "../kit/formats.ts";
import styles from "./models.module.css";

export function ModelChain({ chain }: { readonly chain: readonly ChainPart[] }) {
  return (
    <ol className={styles.chain} aria-label="The model’s graphs">
      {chain.map(({ part, label, path, form, bytes, makes, layers, obstacles }) => (
        <li key={part}>
          <strong>{label}</strong>
          <span>{makes}</span>
          <span>
            {`${path.split("/").at(-1) ?? path}, ${form}, ${weight(bytes)}${layers > 0 ? `, attention of ${layers} ${layers === 1 ? "layer" : "layers"}` : ""}`}
          </span>
          {obstacles.length > 0 && (
            <span role="note">
              {`No gradient through ${obstacles[0]!.node}: ${obstacles[0]!.reason}${obstacles.length > 1 ? ` And ${obstacles.length - 1} more.` : ""}`}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
