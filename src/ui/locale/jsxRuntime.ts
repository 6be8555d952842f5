/**
 * The page's JSX runtime: React's own, with the one door through which every text of every component goes to the screen
 * (scripts/jsxDoor.ts puts it in the place of "react/jsx-runtime" when the page is built). English passes untouched.
 */
import * as React from "react/jsx-runtime";
import { spokenProps } from "./elements.ts";
import type { Props } from "./elements.ts";
import { isTranslating } from "./locale.ts";

type Make = typeof React.jsx;

export const { Fragment } = React;

function speaking(make: Make): Make {
  return (type, props, key) =>
    make(type, isTranslating() ? said(type, props as never) : props, key);
}

/** Components pass their words on to elements; only there, and in fragments, do words reach the screen. */
function said(type: unknown, props: Props): Props {
  if (typeof type === "string") return spokenProps(type, props);
  return type === React.Fragment ? spokenProps("", props) : props;
}

export const jsx = speaking(React.jsx);
export const jsxs = speaking(React.jsxs);
