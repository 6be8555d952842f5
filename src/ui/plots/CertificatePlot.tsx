/** What is proved about the features: certified cosine against l2 radius, with this disturbance on the same axis. */
import type { CertificateResult } from "../../experiment/results.ts";
import { decimal, percent } from "../panels/formats.ts";
import { PlotFrame } from "./PlotFrame.tsx";
import type { PlotArea } from "./PlotFrame.tsx";
import styles from "./plots.module.css";
import { linePath } from "./scale.ts";

/** Where the axis ends: past both the reach of the bounds and the disturbance, unless that would hide the curves. */
export function radiusDomain(
  certificate: Pick<CertificateResult, "radius" | "stackL2" | "sigma">,
): [number, number] {
  const reach = certificate.radius > 0 ? certificate.radius : certificate.sigma;
  return [0, Math.max(1.35 * reach, Math.min(1.1 * certificate.stackL2, 3 * reach))];
}

export function CertificatePlot({ certificate }: { readonly certificate: CertificateResult }) {
  const domain = radiusDomain(certificate);
  return (
    <>
      <Statement certificate={certificate} />
      <div className={styles.key}>
        <span style={{ "--ink": "var(--clean)" } as React.CSSProperties}>angular</span>
        <span style={{ "--ink": "#b9a5f0", "--stroke": "dashed" } as React.CSSProperties}>
          as published
        </span>
        <span style={{ "--ink": "var(--disturbed)" } as React.CSSProperties}>yours</span>
      </div>
      <PlotFrame
        testId="certificate-plot"
        description={describe(certificate)}
        xDomain={domain}
        yDomain={[0, 1]}
        xTitle="size of the change (l2)"
        yTitle="guaranteed cosine"
      >
        {(area) => <Curves certificate={certificate} area={area} />}
      </PlotFrame>
    </>
  );
}

function Curves(props: { readonly certificate: CertificateResult; readonly area: PlotArea }) {
  const { certificate, area } = props;
  const { curve, radius, stackL2 } = certificate;
  const { x, y, width, height } = area;
  const vacuousFrom = Math.min(width, x(Math.max(0, radius)));
  const isBeyond = stackL2 > x.domain[1];
  const at = Math.min(width, x(stackL2));
  const clip = (value: number) => (value <= x.domain[1] ? x(value) : NaN);
  return (
    <>
      <defs>
        <pattern
          id="vacuous"
          width="7"
          height="7"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <line y2="7" stroke="var(--line-strong)" strokeWidth="1.4" />
        </pattern>
      </defs>
      <rect
        x={vacuousFrom}
        width={width - vacuousFrom}
        height={height}
        fill="url(#vacuous)"
        opacity="0.55"
      />
      {width - vacuousFrom > 120 && (
        <text
          className={styles.label}
          x={(vacuousFrom + width) / 2}
          y={height / 2}
          textAnchor="middle"
          fill="var(--muted)"
        >
          <tspan>vacuous:</tspan>
          <tspan x={(vacuousFrom + width) / 2} dy="1.25em">
            nothing is proved here
          </tspan>
        </text>
      )}
      <path
        className={styles.curve}
        d={linePath(curve.radius, curve.toClean, clip, y)}
        stroke="#b9a5f0"
        strokeDasharray="5 4"
      />
      <path
        className={styles.curve}
        d={linePath(curve.radius, curve.toSmoothedClean, clip, y)}
        stroke="var(--clean)"
      />
      {stackL2 > 0 && (
        <>
          <line className={styles.mark} x1={at} x2={at} y2={height} />
          <text
            className={styles.label}
            x={at > width / 2 ? at - 5 : at + 5}
            y={11}
            textAnchor={at > width / 2 ? "end" : "start"}
            fill="var(--disturbed)"
          >
            {`l2 ${decimal(stackL2, 2)}${isBeyond ? ", off the axis →" : ""}`}
          </text>
          {[certificate.atStack.toSmoothedClean, certificate.atStack.toClean].map((bound, index) =>
            Number.isFinite(bound) && !isBeyond ? (
              <circle
                key={index}
                cx={at}
                cy={y(bound)}
                r="3.5"
                fill={index === 0 ? "var(--clean)" : "#b9a5f0"}
                stroke="var(--panel)"
                strokeWidth="1.5"
              />
            ) : null,
          )}
        </>
      )}
    </>
  );
}

function Statement({ certificate }: { readonly certificate: CertificateResult }) {
  const { stackL2, radius, alpha } = certificate;
  const bound = bestBound(certificate);
  if (Number.isNaN(bound)) {
    return (
      <p className={styles.statement}>
        {radius > 0
          ? `Your change (${decimal(stackL2, 2)}) is larger than what can be guaranteed (${decimal(radius, 3)}). `
          : "No guarantee at any size of change so far. "}
        <b data-kind="vacuous">Nothing is proved here.</b>
      </p>
    );
  }
  return (
    <p className={styles.statement}>
      After your change ({decimal(stackL2, 2)}) the features, averaged over noise, keep a cosine of{" "}
      <b data-kind="proved">at least {decimal(bound, 3)}</b> ({percent(1 - alpha)} confidence).
    </p>
  );
}

/** The bound on smoothed against smoothed features at this disturbance; NaN where nothing is proved. */
function bestBound({ atStack }: CertificateResult): number {
  return atStack.toSmoothedClean;
}

function describe(certificate: CertificateResult): string {
  const bound = bestBound(certificate);
  const here = Number.isNaN(bound)
    ? "nothing is proved at this disturbance"
    : `the cosine is certified to be at least ${decimal(bound, 3)} at this disturbance`;
  return `Certified cosine against l2 radius. The bounds reach to ${decimal(certificate.radius, 3)}; the disturbance has l2 ${decimal(certificate.stackL2, 2)}: ${here}.`;
}
