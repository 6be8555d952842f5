/** The bench: one page, three columns and a bar. */
import { AnswerPanel } from "../panels/AnswerPanel.tsx";
import { AnswerStrip } from "../panels/AnswerStrip.tsx";
import { Numbers } from "../panels/Numbers.tsx";
import { ParaphraseTable } from "../panels/ParaphraseTable.tsx";
import { QuestionBox } from "../panels/QuestionBox.tsx";
import { CasePanel } from "../controls/CasePanel.tsx";
import { FileDrop } from "./FileDrop.tsx";
import { Defenses } from "../controls/Defenses.tsx";
import { StackEditor } from "../controls/StackEditor.tsx";
import { CertificateControls } from "../controls/CertificateControls.tsx";
import { ReplayBanner } from "../share/ReplayBanner.tsx";
import { Stage } from "./Stage.tsx";
import { OverlayPicker } from "../viewer/OverlayPicker.tsx";
import { ViewerToolbar } from "../viewer/ViewerToolbar.tsx";
import { ErrorToast } from "./ErrorToast.tsx";
import { AwaitedModel } from "../models/AwaitedModel.tsx";
import { LateDialogs } from "./LateDialogs.tsx";
import { LateRestore } from "./LateRestore.tsx";
import { LatePanels } from "./LatePanels.tsx";
import { RunProgress } from "./RunProgress.tsx";
import { TopBar } from "./TopBar.tsx";
import { useProvisional } from "./useProvisional.ts";
import { useShortcuts } from "./useShortcuts.ts";
import styles from "./app.module.css";

export function App() {
  return (
    <div className={styles.bench}>
      <Unseen />
      <TopBar />
      <AnswerStrip />
      <aside className={styles.left} aria-label="Case and disturbances">
        <CasePanel />
        <StackEditor />
        <Defenses />
        <CertificateControls />
      </aside>
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
        <QuestionBox />
        <AnswerPanel />
        <Numbers />
        <ParaphraseTable />
        <LatePanels />
      </aside>
      <FileDrop />
      <LateDialogs />
      <ErrorToast />
    </div>
  );
}

/** What listens and draws ahead; on its own, so that what it reads re-renders nothing else. */
function Unseen() {
  useShortcuts();
  useProvisional();
  return null;
}
