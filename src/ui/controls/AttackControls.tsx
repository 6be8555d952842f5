/** Controls of one attack: norm and goal, epsilon and steps, the rest behind "More". */
import { useRef } from "react";
import type { AttackSetting } from "../../attacks/attack.ts";
import { ATTACK_CATALOG } from "../../attacks/catalog.ts";
import { PARAMS, epsilonParam } from "../../experiment/params.ts";
import type { AttackItem, AttackKnowledge } from "../../experiment/spec.ts";
import { editItem } from "../../state/specEdits.ts";
import type { Norm } from "../../tensor/norms.ts";
import { useLesson, useResults, useStores, useView } from "../context/stores.ts";
import { useIsDefended } from "../context/useIsDefended.ts";
import { useHistory } from "../context/useHistory.ts";
import { AttackRegionPicker } from "./AttackRegion.tsx";
import { Foresight } from "./Foresight.tsx";
import { GoalDetails, GoalPicker, LossPicker } from "./GoalPicker.tsx";
import { SeedField } from "./SeedField.tsx";
import { ParamSlider } from "./ParamSlider.tsx";
import { Row } from "../kit/Row.tsx";
import { Select } from "../kit/Select.tsx";
import styles from "./stack.module.css";

/** What each norm limits, with its name in papers. */
const NORMS: Readonly<Record<Norm, string>> = { linf: "per pixel (linf)", l2: "in total (l2)" };

export function AttackControls({
  item,
  name,
}: {
  readonly item: AttackItem;
  readonly name: string;
}) {
  const { experiment } = useStores();
  const member = ATTACK_CATALOG[item.attack];
  /** What each limit was set to before the other was tried. */
  const epsilons = useRef<Partial<Record<Norm, number>>>({});
  const edit = (change: (old: AttackItem) => AttackItem) =>
    experiment
      .getState()
      .edit(editItem(item.id, (old) => (old.type === "attack" ? change(old) : old)));
  const set = (values: Partial<AttackItem>) => edit((old) => ({ ...old, ...values }));
  const number = (key: AttackSetting | "restarts") => (
    <ParamSlider
      key={key}
      context={name}
      meta={PARAMS[`attack.${key}`]}
      value={item[key] ?? PARAMS[`attack.${key}`].default}
      accent="disturbed"
      onChange={(value) => set({ [key]: value })}
    />
  );
  const place = (
    <AttackRegionPicker
      item={item}
      name={name}
      needsRegion={member.needsRegion === true}
      onChange={(where) =>
        edit((old) => {
          const { region: _region, stamp: _stamp, ...rest } = old;
          return { ...rest, ...where };
        })
      }
    />
  );
  return (
    <>
      <div className={styles.choices}>
        <label title="What epsilon limits: the change of each pixel, or the change of the whole picture together.">
          <span>Limit</span>
          <Select
            aria-label={`${name}: limit`}
            value={item.norm}
            onChange={(event) => {
              const norm = event.currentTarget.value as Norm;
              epsilons.current[item.norm] = item.epsilon;
              set({ norm, epsilon: epsilons.current[norm] ?? epsilonParam(norm, member).default });
            }}
          >
            {member.norms.map((norm) => (
              <option key={norm} value={norm}>
                {NORMS[norm]}
              </option>
            ))}
          </Select>
        </label>
        <div title="What the attack tries to reach.">
          <span>Goal</span>
          <GoalPicker name={name} goal={item.goal} onChange={(goal) => set({ goal })} />
        </div>
      </div>
      <GoalDetails name={name} goal={item.goal} onChange={(goal) => set({ goal })} />
      <div data-guide="epsilon" className={styles.epsilon}>
        <StartHere />
        <ParamSlider
          context={name}
          meta={epsilonParam(item.norm, member)}
          value={item.epsilon}
          accent="disturbed"
          onChange={(epsilon) => set({ epsilon })}
        />
        {item.norm === "linf" && !Number.isInteger(item.epsilon) && (
          <p className={styles.about}>
            A picture has whole grey levels:{" "}
            {item.epsilon < 1
              ? "rounded, this attack changes nothing."
              : `rounded, it moves each by at most ${Math.floor(item.epsilon)}.`}
          </p>
        )}
      </div>
      {member.needsRegion && place}
      <Knowledge item={item} name={name} onChange={(knowledge) => set({ knowledge })} />
      <Warnings id={item.id} />
      {member.settings.filter((key) => key !== "relativeStep").map(number)}
      <details className={styles.more}>
        <summary>More</summary>
        {member.settings.includes("relativeStep") && number("relativeStep")}
        {number("restarts")}
        <Row
          label="Loss"
          help="What the attack climbs. The margin is the distance to the next answer in logits."
        >
          <LossPicker name={name} goal={item.goal} onChange={(goal) => set({ goal })} />
        </Row>
        {!member.needsRegion && place}
        <Foresight item={item} name={name} onChange={edit} />
        <SeedField of="attack" seed={item.seed} name={name} onChange={(seed) => set({ seed })} />
        <p className={styles.about}>{member.help}</p>
      </details>
    </>
  );
}

/** What throws doubt on the attack's own result. */
function Warnings({ id }: { readonly id: string }) {
  const warnings = useResults(
    (s) => s.stages.disturbed?.payload.items.find((made) => made.id === id)?.trace?.warnings,
  );
  return warnings?.map((warning) => (
    <p key={warning} className={styles.complaint} role="status">
      {warning}
    </p>
  ));
}

/** Whether the attacker knows what the model stands behind; of no account where it stands behind nothing. */
function Knowledge(props: {
  readonly item: AttackItem;
  readonly name: string;
  readonly onChange: (knowledge: AttackKnowledge) => void;
}) {
  const { item, name, onChange } = props;
  const isDefended = useIsDefended();
  if (!isDefended) return null;
  return (
    <Row
      label="Attacker"
      help="One who knows of the defense works through it; one who does not attacks the bare model and hopes that it carries over. A defense is worth what it holds against the first."
    >
      <Select
        aria-label={`${name}: attacker`}
        value={item.knowledge ?? "aware"}
        onChange={(event) => onChange(event.currentTarget.value as AttackKnowledge)}
      >
        <option value="aware">knows the defense</option>
        <option value="unaware">does not know it</option>
      </Select>
    </Row>
  );
}

/** Points a newcomer at the one slider to touch first; gone with the first edit. */
function StartHere() {
  const { canUndo, canRedo } = useHistory();
  const guide = useView((s) => s.guideStep);
  const opened = useView((s) => s.openedLink);
  const hasLesson = useLesson((s) => s.lesson !== null);
  if (canUndo || canRedo || guide !== null || opened || hasLesson) return null;
  return <span className={styles.start}>start here</span>;
}
