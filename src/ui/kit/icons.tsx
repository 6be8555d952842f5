/** The bench's own line icons, 16 x 16, drawn in the current colour. Decorative: the control around them has the name. */
import type { ReactNode } from "react";

const SHAPES = {
  window: <path d="M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12" />,
  pan: <path d="M8 1.5v13M1.5 8h13M6 3.5l2-2 2 2M6 12.5l2 2 2-2M3.5 6l-2 2 2 2M12.5 6l2 2-2 2" />,
  brush: (
    <path d="M13.5 2.5 7 9M7 9c-2-.6-3.6.6-3.8 2.2-.1 1-.6 1.8-1.7 2.3 2.6.6 6 .1 6.3-2.3C7.9 10.2 7.7 9.6 7 9z" />
  ),
  eraser: <path d="M6 13.5h8M2.5 10.5 9 4l4 4-5.5 5.5H5.5zM6 7l4 4" />,
  maximize: <path d="M9.5 2.5H13.5V6.5M6.5 13.5H2.5V9.5M13.5 2.5 9.5 6.5M2.5 13.5 6.5 9.5" />,
  invert: <path d="M2 2h12v12H2zM2 14 14 2" />,
  reset: <path d="M3 8a5 5 0 1 0 1.6-3.7M3 2.5v3h3" />,
  lens: <path d="M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.7 3.7" />,
  undo: <path d="M5.5 3 2.5 6l3 3M2.5 6H9a4 4 0 0 1 0 8H6" />,
  redo: <path d="m10.5 3 3 3-3 3M13.5 6H7a4 4 0 0 0 0 8h3" />,
  ruler: <path d="M2 10.5 10.5 2 14 5.5 5.5 14zM5 7.5l1.5 1.5M7.5 5l2 2M10 2.5" />,
  angle: <path d="M12.5 2.5 2.5 13h11M6.5 13a5 5 0 0 0-1.5-3" />,
  heartRatio: <path d="M1.5 4v8M14.5 4v8M1.5 8h13M5.5 6v4M10.5 6v4" />,
  rectangle: <path d="M2.5 4h11v8h-11zM6 8h.01M8 8h.01M10 8h.01" />,
  ellipse: <path d="M8 3.5a6 4.5 0 1 0 0 9 6 4.5 0 0 0 0-9zM6 8h.01M8 8h.01M10 8h.01" />,
  square: (
    <path d="M4.5 4.5h7v7h-7zM2.5 4.5h.01M2.5 2.5h2M11.5 2.5h2v2M13.5 11.5v2h-2M4.5 13.5h-2v-2M2.5 2.5v2" />
  ),
  turnLeft: <path d="M3 8a5 5 0 1 0 1.6-3.7M3 2.5v3h3" />,
  turnRight: <path d="M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3" />,
  mirror: <path d="M8 2v12M6 4.5 2 12h4zM10 4.5 14 12h-4z" />,
  upend: <path d="M2 8h12M4.5 6 12 2v4zM4.5 10 12 14v-4z" />,
  up: <path d="m4 10 4-4 4 4" />,
  down: <path d="m4 6 4 4 4-4" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  dice: <path d="M3 3h10v10H3zM6 6h.01M10 10h.01M10 6h.01M6 10h.01" />,
  add: <path d="M8 3v10M3 8h10" />,
  share: (
    <path d="M6.5 9.5l3-3M7 4.5l1-1a3 3 0 0 1 4.3 4.3l-1 1M9 11.5l-1 1a3 3 0 0 1-4.3-4.3l1-1" />
  ),
  help: <path d="M6 6a2 2 0 1 1 2.8 1.8c-.5.3-.8.7-.8 1.4M8 11.7h.01" />,
  more: <path d="M3 8h.01M8 8h.01M13 8h.01" strokeWidth="2" strokeLinecap="round" />,
  open: <path d="M8 10V2.5M5 5.2l3-3 3 3M2.5 10v3.5h11V10" />,
  guide: <path d="M3 13.5v-11M3 3h9l-2 3 2 3H3" />,
  lesson: <path d="M1.5 5.5 8 2.5l6.5 3L8 8.5zM4 7v3.5c1.1 1 2.4 1.5 4 1.5s2.9-.5 4-1.5V7" />,
  lock: <path d="M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5" />,
  stop: <path d="M4.5 4.5h7v7h-7z" />,
  mask: (
    <path d="M2 5V2h3M11 2h3v3M14 11v3h-3M5 14H2v-3M5 9.5c-.6-2.4 1-4.5 3.2-4.4 2 .1 3.3 1.8 2.7 3.6-.5 1.7-2 2.4-3.5 2.3-1.2 0-2.1-.6-2.4-1.5z" />
  ),
} as const satisfies Record<string, ReactNode>;

export type IconName = keyof typeof SHAPES;

export function Icon(props: { readonly name: IconName; readonly size?: number }) {
  const { name, size = 16 } = props;
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.3"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {SHAPES[name]}
    </svg>
  );
}

/** A disc half in shadow: what the product is named after. */
export function Mark() {
  return (
    <svg aria-hidden="true" width="20" height="20" viewBox="0 0 20 20">
      <defs>
        <linearGradient id="mark" x1="0" x2="1" y1="0" y2="0">
          <stop offset="0.25" stopColor="var(--clean)" />
          <stop offset="0.78" stopColor="var(--disturbed)" stopOpacity="0.15" />
        </linearGradient>
      </defs>
      <circle cx="10" cy="10" r="8" fill="url(#mark)" />
      <circle cx="10" cy="10" r="8.5" fill="none" stroke="var(--text)" strokeOpacity="0.35" />
    </svg>
  );
}
