/** What two systems say, in two columns; the rows where they part stand out, and so do their maps. */
import { attentionShown } from "../../experiment/attentionShown.ts";
import { attentionPicture } from "../../experiment/exports/figurePictures.ts";
import type { ComparedRow, SystemsComparison } from "../../experiment/compareSystems.ts";
import type { Readout, StageResults } from "../../experiment/results.ts";
import { decimal } from "../kit/formats.ts";
import styles from "./compare.module.css";

type Results = Partial<StageResults>;

export function ComparisonTable(props: {
  readonly comparison: SystemsComparison;
  readonly a: string;
  readonly b: string;
  readonly pictures: readonly [Results, Results];
}) {
  const { comparison, a, b, pictures } = props;
  const { statement, rows, maps, wordings } = comparison;
  return (
    <div className={styles.result}>
      <p role="status" className={styles.statement} data-testid="comparison">
        {statement}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">On this case</th>
            <th scope="col">{a}</th>
            <th scope="col">{b}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.quantity} data-parts={row.parts}>
              <th scope="row">{row.quantity}</th>
              <td>{cell(row.a, row)}</td>
              <td>{cell(row.b, row)}</td>
            </tr>
          ))}
          {maps.map(({ picture, entropyA, entropyB, jsd }) => (
            <tr key={picture}>
              <th scope="row">
                {picture}: spread of attention (entropy)
                {jsd !== null && `; divergence of the two ${decimal(jsd, 3)} bits`}
              </th>
              <td>{decimal(entropyA, 2)} bits</td>
              <td>{decimal(entropyB, 2)} bits</td>
            </tr>
          ))}
          {wordings.map(({ question, picture, a: one, b: two }) => (
            <tr key={`${picture} ${question}`} data-parts>
              <th scope="row">
                {question} ({picture})
              </th>
              <td>{one}</td>
              <td>{two}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className={styles.maps}>
        {pictures.map((results, k) => (
          <Looked key={k} results={results} name={k === 0 ? a : b} />
        ))}
      </div>
    </div>
  );
}

function cell(value: ComparedRow["a"], { unit }: ComparedRow): string {
  if (value === null) return "–";
  if (typeof value === "number") return `${decimal(value, 4)}${unit ? ` ${unit}` : ""}`;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value;
}

/** Where one system looks, on the clean and on its own disturbed picture. */
function Looked({ results, name }: { readonly results: Results; readonly name: string }) {
  const { input, clean, disturbed, readout } = results;
  if (!input || !clean || !disturbed || !readout) return null;
  const both = [clean, readout].map((each) => attentionShown(each)?.map ?? []);
  const peak = Math.max(2 / (both[0]!.length || 1), ...both.map((map) => highOf(map)));
  const shown = (image: Float32Array, read: Readout, picture: string) => {
    const map = attentionShown(read);
    return (
      map && (
        <figure>
          <img
            src={attentionPicture(image, input.size, map, peak)}
            alt={`${name}, ${picture}: where it looks`}
          />
          <figcaption>
            {name}: {picture}, {read.answer?.corrected ?? "no answer"}
          </figcaption>
        </figure>
      )
    );
  };
  return (
    <>
      {shown(input.image, clean, "clean")}
      {shown(disturbed.image, readout, "disturbed")}
    </>
  );
}

/** The 99th percentile of a map. */
function highOf(map: ArrayLike<number>): number {
  const sorted = Array.from(map).sort((x, y) => x - y);
  return sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0;
}
