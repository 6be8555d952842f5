/** How far the picture and the features moved, each number with its unit and its meaning. */
import type { MetricsResult } from "../../experiment/results.ts";
import { Hint } from "../app/Hint.tsx";
import { useResults } from "../app/stores.ts";
import { decimal, percent } from "./formats.ts";
import { Section } from "./Section.tsx";
import styles from "./panels.module.css";

interface Figure {
  readonly name: string;
  readonly help: string;
  readonly unit: string;
  value(metrics: MetricsResult): string;
}

const FIGURES: readonly Figure[] = [
  {
    name: "Feature cosine",
    help: "Cosine of the clean and the disturbed image embedding. 1 means the model sees the same thing.",
    unit: "",
    value: (m) => decimal(m.featureCosine, 4),
  },
  {
    name: "Rollout SSIM",
    help: "Structural similarity of the two rollout maps. 1 means the model looks at the same places.",
    unit: "",
    value: (m) => decimal(m.rolloutSsim, 3),
  },
  {
    name: "Max change",
    help: "l-infinity distance in model space: the most any pixel moved, in grey levels of 255.",
    unit: "/255",
    value: (m) => decimal(255 * m.linf, 1),
  },
  {
    name: "l2 distance",
    help: "Euclidean distance of the two pictures, grey values in [0,1]: the axis of the certificate below.",
    unit: "",
    value: (m) => decimal(m.l2, 3),
  },
  {
    name: "Image SSIM",
    help: "Structural similarity of the two pictures. Above about 0.98 a reader hardly sees a difference.",
    unit: "",
    value: (m) => decimal(m.ssim, 4),
  },
  {
    name: "PSNR",
    help: "Peak signal-to-noise ratio of the disturbed picture; larger is closer to the clean one.",
    unit: "dB",
    value: (m) => decimal(m.psnr, 1),
  },
  {
    name: "Pixels changed",
    help: "Share of pixels that moved by more than half a grey level of 255.",
    unit: "",
    value: (m) => percent(m.changedShare),
  },
  {
    name: "Feature l2",
    help: "Euclidean distance of the two embeddings, each of length 1; 2 is the opposite direction.",
    unit: "",
    value: (m) => decimal(m.featureL2, 4),
  },
];

export function Numbers() {
  const metrics = useResults((s) => s.stages.metrics?.payload);
  return (
    <Section title="How far it moved" line="Picture and features." stage="metrics">
      <dl className={styles.numbers}>
        {FIGURES.map((figure) => (
          <div key={figure.name}>
            <dt>
              <Hint text={figure.help}>
                <button type="button" className={styles.term}>
                  {figure.name}
                </button>
              </Hint>
            </dt>
            <dd>
              {metrics ? figure.value(metrics) : "…"} <span>{figure.unit}</span>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
