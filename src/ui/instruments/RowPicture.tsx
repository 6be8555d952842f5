/** The picture a row of a table is about. */
import { useEffect, useRef } from "react";
import type { RowPicture as Pixels } from "../../experiment/instruments/instrumentResult.ts";
import styles from "./instruments.module.css";

export function RowPicture(props: { readonly picture: Pixels; readonly label: string }) {
  const { picture, label } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { size, data } = picture;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const rgba = Uint8ClampedArray.from({ length: 4 * data.length }, (_, k) =>
      k % 4 === 3 ? 255 : data[k >> 2]!,
    );
    context.putImageData(new ImageData(rgba, size, size), 0, 0);
  }, [size, data]);
  return (
    <canvas
      ref={canvas}
      width={size}
      height={size}
      className={styles.picture}
      role="img"
      aria-label={label}
    />
  );
}
