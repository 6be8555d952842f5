/** Which of the model's pictures lies on the film, and how the two are compared. */
import type { FilmInset } from "../../state/viewStore.ts";
import { useStores, useView } from "../context/stores.ts";
import { Select } from "../kit/Select.tsx";

const PICTURES: Readonly<Record<FilmInset["picture"], string>> = {
  given: "what the model was given",
  disturbed: "the disturbed picture",
  difference: "the difference",
};
const HOW: Readonly<Record<FilmInset["how"], string>> = {
  whole: "over it",
  swipe: "swipe",
  flicker: "flicker",
};

export function FilmInsetPicker() {
  const { view } = useStores();
  const inset = useView((s) => s.filmInset);
  const set = (next: FilmInset | null) => view.getState().set({ filmInset: next });
  return (
    <>
      <Select
        aria-label="On the film"
        value={inset?.picture ?? "none"}
        onChange={({ currentTarget: { value } }) =>
          set(
            value === "none"
              ? null
              : { picture: value as FilmInset["picture"], how: inset?.how ?? "swipe" },
          )
        }
      >
        <option value="none">the film alone</option>
        {Object.entries(PICTURES).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </Select>
      {inset && (
        <Select
          aria-label="How the film and the model’s picture are compared"
          value={inset.how}
          onChange={({ currentTarget: { value } }) =>
            set({ ...inset, how: value as FilmInset["how"] })
          }
        >
          {Object.entries(HOW).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      )}
    </>
  );
}
