/** The same two pictures without the defenses and with them: what a defense costs on the clean one and gains on the other. */
import { DEFENSE_CATALOG } from "../../defenses/catalog.ts";
import type { DefenseItem } from "../../defenses/defense.ts";
import { isInForce } from "../../defenses/inForce.ts";
import { givenAnswer } from "../../system/reading.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { useGate } from "../context/useGate.ts";
import { useHidden } from "../context/useHidden.ts";
import { useExperiment, useResults, useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { answerWord, signed } from "../kit/formats.ts";
import styles from "./defenses.module.css";

type Answer = AnswerResult | null | undefined;

export function DefensePrice() {
  const isOn = useExperiment((s) =>
    s.spec.defenses.some((item) => isInForce(item, DEFENSE_CATALOG[item.defense])),
  );
  const { view } = useStores();
  const bare = useResults((s) => s.stages.undefended);
  const clean = useResults((s) => s.stages.clean?.payload.answer);
  const moved = useResults((s) => s.stages.readout?.payload.answer);
  const isAnswered = useResults((s) => s.stages.undefended?.requestId === s.requestId);
  const isHidden = useHidden("answers");
  const gate = useGate();
  const rough = useExperiment((s) => previewed(s.spec.defenses));
  const isPreview = useResults((s) => s.fidelity === "preview");
  if (!isOn)
    return (
      <p className={styles.note}>
        Off, or at a strength of 0: the model sees the picture as it is.
      </p>
    );
  if (clean === null || isHidden || gate) return null;
  const without = bare?.payload;
  return (
    <div className={styles.price} data-stale={!isAnswered} data-testid="undefended">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">picture</th>
            <th scope="col">without</th>
            <th scope="col">with</th>
          </tr>
        </thead>
        <tbody>
          <Line name="Clean" before={without?.clean.answer} after={clean} />
          <Line name="Disturbed" before={without?.disturbed.answer} after={moved} />
        </tbody>
      </table>
      {isPreview && rough !== "" && (
        <p className={styles.note}>
          Preview with less than was asked: {rough}. Let go for all of it.
        </p>
      )}
      {isAnswered && without && (
        <p className={styles.note}>{verdict(without.clean.answer, clean)}</p>
      )}
      <Button onClick={() => view.getState().set({ studiesOpen: true, wishedStudy: "honesty" })}>
        Honesty card on 20 phantoms…
      </Button>
    </div>
  );
}

function Line(props: { readonly name: string; readonly before: Answer; readonly after: Answer }) {
  return (
    <tr>
      <th scope="row">{props.name}</th>
      <td>
        <Said answer={props.before} />
      </td>
      <td>
        <Said answer={props.after} />
      </td>
    </tr>
  );
}

/** Word and number apart, so that the word is found in any language. */
function Said({ answer }: { readonly answer: Answer }) {
  if (!answer) return <>…</>;
  return (
    <>
      <span>{answerWord(givenAnswer(answer))}</span> {signed(answer.margin, 1)}
    </>
  );
}

/** What a preview takes of these defenses where it takes less than was asked; the attacker's draws are the attack's affair. */
function previewed(items: readonly DefenseItem[]): string {
  return items
    .filter((item) => isInForce(item, DEFENSE_CATALOG[item.defense]))
    .flatMap(({ defense, params: given }) => {
      const { label, params, preview = {} } = DEFENSE_CATALOG[defense]!;
      return Object.entries(preview).flatMap(([name, most]) => {
        const asked = given[name] ?? params[name]!.default;
        if (name === "eot" || asked <= most) return [];
        return [`${label}: ${params[name]!.label} ${most} of ${asked}`];
      });
    })
    .join("; ");
}

/** What the defense costs where nothing attacks. */
function verdict(bare: Answer, defended: Answer): string {
  if (!bare || !defended) return "";
  if (bare.answer !== defended.answer) {
    return `On the clean picture the defense turns ${answerWord(bare.answer)} into ${answerWord(defended.answer)}.`;
  }
  return `On the clean picture the answer stays ${answerWord(bare.answer)}: without the defense its margin is ${signed(bare.margin, 1)} logits, with it ${signed(defended.margin, 1)}.`;
}
