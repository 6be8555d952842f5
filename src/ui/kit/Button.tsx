/** The one button: plain on a bar, outlined where it stands alone, a link in a sentence, or a term that explains itself. */
import type { ComponentProps } from "react";
import styles from "./button.module.css";

export type ButtonLook = "plain" | "outlined" | "inline" | "term";

export function Button({
  look = "plain",
  className,
  ...rest
}: ComponentProps<"button"> & { readonly look?: ButtonLook }) {
  const looks = look === "outlined" ? `${styles.plain} ${styles.outlined}` : styles[look];
  return <button type="button" {...rest} className={className ? `${looks} ${className}` : looks} />;
}
