/** What stands between the picture and the model, in the order the picture meets it, and what that costs and gains. */
import { Menu } from "@mantine/core";
import { DEFENSE_CATALOG } from "../../defenses/catalog.ts";
import type { DefenseGroup, DefenseItem } from "../../defenses/defense.ts";
import { SPEC_LIMITS } from "../../experiment/params.ts";
import { addDefense, editDefense, moveDefense, removeDefense } from "../../state/defenseEdits.ts";
import { nextSeed } from "../../state/specEdits.ts";
import { useExperiment, useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { Icon } from "../kit/icons.tsx";
import { Section } from "../kit/Section.tsx";
import { DefensePrice } from "./DefensePrice.tsx";
import { ItemHead } from "./ItemHead.tsx";
import { ParamSlider } from "./ParamSlider.tsx";
import { SeedField } from "./SeedField.tsx";
import { WhoAnswers } from "./WhoAnswers.tsx";
import styles from "./stack.module.css";

const GROUPS: Readonly<Record<DefenseGroup, string>> = {
  filter: "Filters on the picture",
  network: "Inside and beside the model",
  looks: "Several looks at the picture",
  models: "Several models",
};

export function DefenseEditor() {
  const defenses = useExperiment((s) => s.spec.defenses);
  return (
    <Section title="Defenses" line="Before the model looks." aside={<AddMenu />}>
      <ol className={styles.list}>
        {defenses.map((item, index) => (
          <Item
            key={item.id}
            item={item}
            isFirst={index === 0}
            isLast={index === defenses.length - 1}
          />
        ))}
      </ol>
      {defenses.length === 0 ? (
        <p className={styles.about}>None: the model sees the picture as it is.</p>
      ) : (
        <>
          <WhoAnswers />
          <DefensePrice />
        </>
      )}
    </Section>
  );
}

function Item(props: {
  readonly item: DefenseItem;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}) {
  const { item, isFirst, isLast } = props;
  const { edit } = useStores().experiment.getState();
  const described = DEFENSE_CATALOG[item.defense];
  if (!described) return null;
  const { label, params, help, strength, isRandom, card } = described;
  const change = (values: Partial<DefenseItem>) =>
    edit(editDefense(item.id, (old) => ({ ...old, ...values })));
  const slider = (name: string) => (
    <ParamSlider
      key={name}
      context={label}
      meta={params[name]!}
      value={item.params[name] ?? params[name]!.default}
      accent="clean"
      onChange={(value) => change({ params: { ...item.params, [name]: value } })}
    />
  );
  const others = Object.keys(params).filter((name) => name !== strength);
  return (
    <li className={styles.item} data-enabled={item.enabled} data-kind="defense">
      <div role="group" aria-label={label}>
        <ItemHead
          name={label}
          help={help}
          enabled={item.enabled}
          isFirst={isFirst}
          isLast={isLast}
          seed={item.seed}
          onToggle={() => change({ enabled: !item.enabled })}
          {...(isRandom ? { onReroll: () => change({ seed: nextSeed(item.seed) }) } : {})}
          onMove={(by) => edit(moveDefense(item.id, by))}
          onRemove={() => edit(removeDefense(item.id))}
        />
        {item.enabled && (
          <>
            {slider(strength)}
            <details className={styles.more}>
              <summary>More</summary>
              {others.map(slider)}
              {isRandom && (
                <SeedField
                  of="defense"
                  seed={item.seed}
                  name={label}
                  onChange={(seed) => change({ seed })}
                />
              )}
              <p className={styles.about}>
                {help}{" "}
                {card && (
                  <a href={`models/${card}/card.md`} target="_blank" rel="noreferrer">
                    The defense’s card
                  </a>
                )}
              </p>
            </details>
          </>
        )}
      </div>
    </li>
  );
}

function AddMenu() {
  const { edit } = useStores().experiment.getState();
  const isFull = useExperiment((s) => s.spec.defenses.length >= SPEC_LIMITS.defenses);
  const offered = Object.keys(GROUPS)
    .map((group) => ({
      group: group as DefenseGroup,
      members: Object.entries(DEFENSE_CATALOG).filter(([, described]) => described.group === group),
    }))
    .filter(({ members }) => members.length > 0);
  return (
    <Menu
      position="right-start"
      width={340}
      withInitialFocusPlaceholder={false}
      portalProps={{ target: "#layer" }}
    >
      <Menu.Target>
        <Button look="outlined" aria-label="Add a defense" disabled={isFull}>
          <Icon name="add" size={13} /> Add
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={styles.menu}>
        {offered.map(({ group, members }) => (
          <div key={group} role="group" aria-label={GROUPS[group]}>
            <p className={styles.menuLabel} aria-hidden="true">
              {GROUPS[group]}
            </p>
            {members.map(([id, { label, help }]) => (
              <Menu.Item key={id} onClick={() => edit(addDefense(id))}>
                {label}
                <span className={styles.menuHelp}>{help}</span>
              </Menu.Item>
            ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
