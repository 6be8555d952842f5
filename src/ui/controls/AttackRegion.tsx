/** Where in the picture an attack may go: a region, or a stamp that the reader places. */
import { PARAMS } from "../../experiment/params.ts";
import { ATTACK_REGIONS } from "../../experiment/specChoices.ts";
import type { AttackItem, AttackRegion, Stamp } from "../../experiment/spec.ts";
import { useExperiment } from "../context/stores.ts";
import { Select } from "../kit/Select.tsx";
import { ParamSlider } from "./ParamSlider.tsx";
import { NEW_STAMP } from "./stackItems.ts";

const REGIONS: Readonly<Record<AttackRegion, string>> = {
  painted: "only under the paint above it",
  findings: "only on the findings",
  elsewhere: "anywhere but on the findings",
  lungs: "only on the lungs",
  heart: "only on the heart",
  outsideOrgans: "anywhere but on lungs and heart",
};

const STAMP = ["x", "y", "side", "degrees"] as const;

export function AttackRegionPicker(props: {
  readonly item: AttackItem;
  readonly name: string;
  /** A member without bounds of its own. */
  readonly needsRegion: boolean;
  readonly onChange: (place: Pick<AttackItem, "region" | "stamp">) => void;
}) {
  const { item, name, needsRegion, onChange } = props;
  const { region, stamp } = item;
  const isPhantom = useExperiment((s) => s.spec.case.kind === "phantom");
  // Where the findings and organs of a reader's own radiograph are, nobody has said.
  const offered = ATTACK_REGIONS.filter((r) => isPhantom || r === "painted" || r === region);
  const choose = (value: string) => {
    const chosen = offered.find((r) => r === value);
    onChange(chosen ? { region: chosen } : value === "stamp" ? { stamp: NEW_STAMP } : {});
  };
  return (
    <>
      <Select
        aria-label={`${name}: where`}
        value={stamp ? "stamp" : (region ?? "")}
        onChange={({ currentTarget: { value } }) => choose(value)}
      >
        {!needsRegion && <option value="">anywhere in the picture</option>}
        <option value="stamp">only on a stamp that you place</option>
        {offered.map((each) => (
          <option key={each} value={each}>
            {REGIONS[each]}
          </option>
        ))}
      </Select>
      {stamp &&
        STAMP.map((key: keyof Stamp) => (
          <ParamSlider
            key={key}
            context={name}
            meta={PARAMS[`stamp.${key}`]}
            value={stamp[key]}
            accent="disturbed"
            onChange={(value) => onChange({ stamp: { ...stamp, [key]: value } })}
          />
        ))}
    </>
  );
}
