/** A text as a QR code; white ground and a margin come with it, so that it is read off a dark page too. */
import { useMemo } from "react";
import makeQrCode from "qrcode-generator";
import styles from "./share.module.css";

export function QrCode({
  text,
  label,
  isLarge = false,
}: {
  readonly text: string;
  readonly label: string;
  readonly isLarge?: boolean;
}) {
  const path = useMemo(() => {
    const code = makeQrCode(0, "L");
    code.addData(text);
    code.make();
    const count = code.getModuleCount();
    let d = "";
    for (let row = 0; row < count; row++) {
      for (let col = 0; col < count; col++)
        if (code.isDark(row, col)) d += `M${col} ${row}h1v1h-1z`;
    }
    return { d, count };
  }, [text]);
  return (
    <svg
      className={styles.code}
      data-large={isLarge}
      viewBox={`0 0 ${path.count} ${path.count}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path d={path.d} fill="#000" />
    </svg>
  );
}
