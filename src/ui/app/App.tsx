/** The bench: one page, three columns and a bar. */
import { useEffect } from "react";
import { Locked } from "../context/Locked.tsx";
import { AnswerPanel } from "../panels/AnswerPanel.tsx";
import { AnswerStrip } from "../panels/AnswerStrip.tsx";
import { Numbers } from "../panels/Numbers.tsx";
import { Question } from "../panels/Question.tsx";
import { FileDrop } from "./FileDrop.tsx";
import { ReplayBanner } from "../share/ReplayBanner.tsx";
import { Stage } from "./Stage.tsx";
import { OverlayPicker } from "../viewer/OverlayPicker.tsx";
import { ViewerToolbar } from "../viewer/ViewerToolbar.tsx";
import { ErrorToast } from "./ErrorToast.tsx";
import { AwaitedModel } from "../models/AwaitedModel.tsx";
import { LateDialogs } from "./LateDialogs.tsx";
import { LateRestore } from "./LateRestore.tsx";
import { LatePanels } from "./LatePanels.tsx";
import { Rail } from "./Rail.tsx";
import { RunProgress } from "./RunProgress.tsx";
import { TopBar } from "./TopBar.tsx";
import { useRoom, useView } from "../context/stores.ts";
import { watchFocus } from "../kit/lastFocus.ts";
import { Late } from "./Late.tsx";
import { BlindReading, Projector } from "./LateParts.tsx";
import { useHidden } from "../context/useHidden.ts";
import { useProvisional } from "./useProvisional.ts";
import { useShortcuts } from "./useShortcuts.ts";
import styles from "./app.module.css";

export function App() {
  const isProjector = useRoom((s) => s.isProjector);
  const isMaximized = useView((s) => s.maximized !== null);
  return (
    <div className={styles.bench} data-projector={isProjector} data-maximized={isMaximized}>
      <Unseen />
      <TopBar />
      <AnswerStrip />
      <Rail />
      <main className={styles.centre}>
        <ReplayBanner />
        <LateRestore />
        <AwaitedModel />
        <ViewerToolbar />
        <div className={styles.second}>
          <OverlayPicker />
          <RunProgress />
        </div>
        <Stage />
        {/* Menus open here, so that they belong to a landmark. */}
        <div id="layer" />
      </main>
      <aside className={styles.right} aria-label="Question and answers">
        <Locked name="question">
          <Question />
        </Locked>
        <Answers />
      </aside>
      {isProjector && (
        <Late isWanted>
          <Projector />
        </Late>
      )}
      <FileDrop />
      <LateDialogs />
      <ErrorToast />
    </div>
  );
}

/** What came back; in blind mode only once the reader has given their own reading. */
function Answers() {
  const isHidden = useHidden("answers");
  if (isHidden) {
    return (
      <Late isWanted>
        <BlindReading />
      </Late>
    );
  }
  return (
    <>
      <AnswerPanel />
      <Numbers />
      <LatePanels />
    </>
  );
}

/** What listens and draws ahead; on its own, so that what it reads re-renders nothing else. */
function Unseen() {
  useShortcuts();
  useProvisional();
  useEffect(watchFocus, []);
  return null;
}
