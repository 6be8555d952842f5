/** The ordered stack of what is done to the picture, in the order it is done. */
import { memo } from "react";
import { Menu } from "@mantine/core";
import { ATTACK_CATALOG } from "../../attacks/catalog.ts";
import type { AttackId } from "../../attacks/catalog.ts";
import { PERTURBATION_CATALOG } from "../../perturbations/catalog.ts";
import type { PerturbationGroup, PerturbationId } from "../../perturbations/catalog.ts";
import { SPEC_LIMITS } from "../../experiment/params.ts";
import type { StackItem } from "../../experiment/spec.ts";
import { addItem, switchOn } from "../../state/specEdits.ts";
import { Icon } from "../kit/icons.tsx";
import { useCases, useExperiment, useStores } from "../context/stores.ts";
import { Section } from "../kit/Section.tsx";
import { AttackControls } from "./AttackControls.tsx";
import { PerturbationControls } from "./PerturbationControls.tsx";
import { StackItemHead } from "./StackItemHead.tsx";
import { Button } from "../kit/Button.tsx";
import { newAttack, newPerturbation, stackLabel } from "./stackItems.ts";
import styles from "./stack.module.css";

const GROUPS: Readonly<Record<PerturbationGroup, string>> = {
  film: "Another kind of film",
  fault: "Accidents of imaging",
  overlay: "Laid over the picture",
};

export function StackEditor() {
  const stack = useExperiment((s) => s.spec.stack);
  return (
    <Section title="Disturbances" line="In this order." aside={<AddMenu />}>
      <SwitchedOff />
      <ol className={styles.list}>
        {stack.map((item, index) => (
          <Item
            key={item.id}
            item={item}
            isFirst={index === 0}
            isLast={index === stack.length - 1}
          />
        ))}
      </ol>
      {stack.length === 0 && (
        <p className={styles.about}>
          Nothing yet: add noise, paint or an attack and watch the answer.
        </p>
      )}
      {stack.length >= SPEC_LIMITS.stackItems && (
        <p className={styles.about} role="status">
          {`There is room for ${SPEC_LIMITS.stackItems} disturbances: remove one to add another.`}
        </p>
      )}
    </Section>
  );
}

/** A film of the reader's own opens untouched: says so, and leads back. */
function SwitchedOff() {
  const { experiment } = useStores();
  const ids = useCases((s) => s.switchedOff);
  const stack = useExperiment((s) => s.spec.stack);
  const left = stack.filter(({ id }) => ids.includes(id));
  if (left.length === 0 || stack.some(({ enabled }) => enabled)) return null;
  return (
    <p className={styles.about} role="status" data-testid="switched-off">
      Your film opened untouched: the disturbances are switched off.{" "}
      <Button look="inline" onClick={() => experiment.getState().edit(switchOn(ids))}>
        Switch them on again
      </Button>
    </p>
  );
}

/** A drag changes one member: the others stand as they are. */
const Item = memo(function Item(props: {
  readonly item: StackItem;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}) {
  const { item } = props;
  const name = stackLabel(item);
  return (
    <li className={styles.item} data-enabled={item.enabled} data-kind={item.type}>
      <div role="group" aria-label={name}>
        <StackItemHead {...props} name={name} />
        {item.enabled &&
          (item.type === "attack" ? (
            <AttackControls item={item} name={name} />
          ) : (
            <PerturbationControls item={item} name={name} />
          ))}
      </div>
    </li>
  );
});

/** As many entries as there are disturbances: not drawn anew by a drag of one. */
const AddMenu = memo(function AddMenu() {
  const { experiment } = useStores();
  const isFull = useExperiment((s) => s.spec.stack.length >= SPEC_LIMITS.stackItems);
  const add = (made: (stack: readonly StackItem[]) => StackItem) =>
    experiment.getState().edit((spec) => addItem(made(spec.stack))(spec));
  return (
    <Menu
      position="right-start"
      width={340}
      withInitialFocusPlaceholder={false}
      portalProps={{ target: "#layer" }}
    >
      <Menu.Target>
        <Button look="outlined" aria-label="Add a disturbance" disabled={isFull}>
          <Icon name="add" size={13} /> Add
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={styles.menu}>
        <div role="group" aria-label="Attacks, optimised against the model">
          <p className={styles.menuLabel} aria-hidden="true">
            Attacks, optimised against the model
          </p>
          {Object.entries(ATTACK_CATALOG).map(([id, member]) => (
            <Menu.Item key={id} onClick={() => add((stack) => newAttack(id as AttackId, stack))}>
              {member.label}
              <span className={styles.menuHelp}>{member.help}</span>
            </Menu.Item>
          ))}
        </div>
        {Object.entries(GROUPS).map(([group, heading]) => (
          <div key={group} role="group" aria-label={heading}>
            <p className={styles.menuLabel} aria-hidden="true">
              {heading}
            </p>
            {Object.entries(PERTURBATION_CATALOG)
              .filter(([, member]) => member.group === group)
              .map(([id, member]) => (
                <Menu.Item
                  key={id}
                  onClick={() => add((stack) => newPerturbation(id as PerturbationId, stack))}
                >
                  {member.label}
                  <span className={styles.menuHelp}>{member.help}</span>
                </Menu.Item>
              ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
});
