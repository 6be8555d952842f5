/** A text as a QR code; white ground and a margin come with it, so that it is read off a dark page too. */
import { useMemo, useState } from "react";
import makeQrCode from "qrcode-generator";
import { CodeOnWall } from "./CodeOnWall.tsx";
import type { ReachableAddress } from "./useReachableAddress.ts";
import styles from "./share.module.css";

export function QrCode(props: {
  readonly text: string;
  readonly label: string;
  readonly address: ReachableAddress;
  readonly isLarge?: boolean;
}) {
  const { text, label, address, isLarge = false } = props;
  const [isOnWall, setOnWall] = useState(false);
  return (
    <>
      <button
        type="button"
        className={styles.code}
        data-large={isLarge}
        aria-label={label}
        title="Enlarge, for a wall or a projector"
        onClick={() => setOnWall(true)}
      >
        <Squares text={text} />
      </button>
      {isOnWall && (
        <CodeOnWall text={text} label={label} address={address} onClose={() => setOnWall(false)}>
          <Squares text={text} />
        </CodeOnWall>
      )}
    </>
  );
}

function Squares({ text }: { readonly text: string }) {
  const { d, count } = useMemo(() => {
    const code = makeQrCode(0, "L");
    code.addData(text);
    code.make();
    const size = code.getModuleCount();
    let path = "";
    for (let row = 0; row < size; row++) {
      for (let col = 0; col < size; col++)
        if (code.isDark(row, col)) path += `M${col} ${row}h1v1h-1z`;
    }
    return { d: path, count: size };
  }, [text]);
  return (
    <svg viewBox={`0 0 ${count} ${count}`} aria-hidden="true" shapeRendering="crispEdges">
      <path d={d} fill="#000" />
    </svg>
  );
}
