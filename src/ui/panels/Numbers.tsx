/** How far the picture and the features moved, each number with its unit and its meaning. */
import { attentionOverlap } from "../../experiment/attentionOverlap.ts";
import type { MetricsResult } from "../../experiment/results.ts";
import { Term } from "../kit/Term.tsx";
import { useResults } from "../context/stores.ts";
import { decimal, percent } from "../kit/formats.ts";
import { ResultSection } from "../context/ResultSection.tsx";
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
    help: "Direction of the image embedding, the model's summary of the picture, before and after; 1 is the same direction. The answer is read from other features, so it can flip while this stays near 1 (seen at 0.9985).",
    unit: "",
    value: (m) => decimal(m.featureCosine, 4),
  },
  {
    name: "Attention overlap",
    help: "How alike the attention is before and after (structural similarity, SSIM; 1 is the same). Of the answer's last layer, averaged over its heads; of the encoder's attention rollout where a model has no answer layers.",
    unit: "",
    value: (m) => decimal(attentionOverlap(m), 3),
  },
  {
    name: "Max change",
    help: "The most that any pixel changed, in grey levels of 255 (the linf distance).",
    unit: "/255",
    value: (m) => decimal(255 * m.linf, 1),
  },
  {
    name: "l2 distance",
    help: "The change as a whole: the root of the sum of all squared pixel changes, with black 0 and white 1. The guarantee below is measured along it.",
    unit: "",
    value: (m) => decimal(m.l2, 3),
  },
  {
    name: "Image SSIM",
    help: "Structural similarity of the two pictures; 1 is identical. It is an average over the picture, so a small object hardly lowers it: an opaque white disc of 148 pixels leaves 0.9955.",
    unit: "",
    value: (m) => decimal(m.ssim, 4),
  },
  {
    name: "PSNR",
    help: "Peak signal-to-noise ratio: the mean squared change on a logarithmic scale. Larger is closer to the clean picture; 10 dB more is a tenth of the squared change.",
    unit: "dB",
    value: (m) => decimal(m.psnr, 1),
  },
  {
    name: "Pixels changed",
    help: "Share of pixels that changed by more than half a grey level of 255.",
    unit: "",
    value: (m) => percent(m.changedShare),
  },
  {
    name: "Feature l2",
    help: "Distance between the two embeddings, each of length 1: 0 is the same, 2 the opposite direction. It says the same as the cosine on another scale.",
    unit: "",
    value: (m) => decimal(m.featureL2, 4),
  },
];

export function Numbers() {
  const metrics = useResults((s) => s.stages.metrics?.payload);
  return (
    <ResultSection title="How far it moved" line="Clean against disturbed." stage="metrics">
      <dl className={styles.numbers}>
        {FIGURES.map((figure) => (
          <div key={figure.name}>
            <dt>
              <Term label={figure.name} help={figure.help} />
            </dt>
            <dd>
              {metrics ? figure.value(metrics) : "…"} <span>{figure.unit}</span>
            </dd>
          </div>
        ))}
      </dl>
    </ResultSection>
  );
}
