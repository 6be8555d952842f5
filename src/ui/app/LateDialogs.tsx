/** Dialogs that few first minutes need: fetched when they are first opened, so that the first answer does not wait for them. */
import { lazy } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { Late } from "./Late.tsx";
import { useLesson, useModels, useRoom, useView } from "../context/stores.ts";

const HelpDialog = lazy(() =>
  loadPart(() => import("./HelpDialog.tsx")).then(({ HelpDialog: dialog }) => ({
    default: dialog,
  })),
);
const ModelDialog = lazy(() =>
  loadPart(() => import("../models/ModelDialog.tsx")).then(({ ModelDialog: dialog }) => ({
    default: dialog,
  })),
);
const StudiesDialog = lazy(() =>
  loadPart(() => import("../studies/StudiesDialog.tsx")).then(({ StudiesDialog: dialog }) => ({
    default: dialog,
  })),
);
const WorkDialogs = lazy(() =>
  loadPart(() => import("./WorkDialogs.tsx")).then(({ WorkDialogs: dialogs }) => ({
    default: dialogs,
  })),
);
const Guide = lazy(() =>
  loadPart(() => import("../lessons/Guide.tsx")).then(({ Guide: guide }) => ({ default: guide })),
);
const LessonsDialog = lazy(() =>
  loadPart(() => import("../lessons/LessonsDialog.tsx")).then(({ LessonsDialog: dialog }) => ({
    default: dialog,
  })),
);

const Quiz = lazy(() =>
  loadPart(() => import("../lessons/Quiz.tsx")).then(({ Quiz: quiz }) => ({ default: quiz })),
);

export function LateDialogs() {
  const isQuiz = useRoom((s) => s.quizRounds !== null);
  const isLessons = useLesson((s) => s.isListOpen);
  const isHelp = useView((s) => s.helpOpen);
  const isStudies = useView((s) => s.studiesOpen);
  const isDialog = useView((s) => s.dialog !== null);
  const isGuide = useView((s) => s.guideStep !== null);
  const isModel = useModels((s) => s.draft !== null || s.folder !== null);
  return (
    <>
      <Late isWanted={isHelp}>
        <HelpDialog />
      </Late>
      <Late isWanted={isModel}>
        <ModelDialog />
      </Late>
      <Late isWanted={isStudies}>
        <StudiesDialog />
      </Late>
      <Late isWanted={isDialog}>
        <WorkDialogs />
      </Late>
      <Late isWanted={isLessons}>
        <LessonsDialog />
      </Late>
      <Late isWanted={isQuiz}>
        <Quiz />
      </Late>
      <Late isWanted={isGuide}>
        <Guide />
      </Late>
    </>
  );
}
