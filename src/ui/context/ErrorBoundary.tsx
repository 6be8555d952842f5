/** Keeps a failure while drawing where it is: what is outside the boundary stays on screen. */
import { Component } from "react";
import type { ReactNode } from "react";
import { toErrorData } from "../../errors/labError.ts";
import type { LabErrorData } from "../../errors/labError.ts";
import { Button } from "../kit/Button.tsx";
import { useStores } from "./stores.ts";
import styles from "./failure.module.css";

interface Props {
  readonly children: ReactNode;
}
interface State {
  readonly error: LabErrorData | null;
}

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: toErrorData(error) };
  }

  override render(): ReactNode {
    return this.state.error ? <Failure error={this.state.error} /> : this.props.children;
  }
}

function Failure({ error }: { readonly error: LabErrorData }) {
  const isOurs = error.code !== "page-outdated";
  return (
    <div className={styles.failure} role="alert">
      <p>{isOurs ? `This part of the page has failed: ${error.message}` : error.message}</p>
      <p>{error.hint ?? "Reload the page; settings, question and brush strokes are kept."}</p>
      <ReloadButton />
    </div>
  );
}

export function ReloadButton() {
  const { reload } = useStores();
  return (
    <Button look="outlined" onClick={() => reload()}>
      Reload and keep the work
    </Button>
  );
}
