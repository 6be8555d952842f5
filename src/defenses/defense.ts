/**
 * The contract of a defense: what stands between the picture and the answer. It makes a system of a system, so that attacks,
 * certificates, instruments and studies take a defended model without knowing it, and an attacker who is handed the outer
 * system attacks through the defense (adaptive), one who is handed the inner one does not know of it.
 */
import type { Host } from "../host/host.ts";
import type { GraphNeeds } from "../model/graphPart.ts";
import type { LinkPackage } from "../model/linkManifest.ts";
import type { Precision } from "../model/manifest.ts";
import type { ParamMeta, Params } from "../system/param.ts";
import type { System } from "../system/system.ts";

/** What a defense may use of its surroundings. */
export interface DefenseHost extends Pick<Host, "yieldToHost"> {
  /** Graphs of the lab that can be linked to a model. @throws LabError "model-not-found" */
  linkPackage?(id: string): Promise<LinkPackage>;
  /** Another bare model of the lab, to look beside the one that is defended. @throws LabError "model-not-found" */
  system?(id: string, precision: Precision): Promise<System>;
}

/** One setting of a defense on a system. */
export interface Applied {
  readonly params: Params;
  /** Names the random draws of a defense that makes some. */
  readonly seed: number;
  /** Names the defended system together with the inner one's key. */
  readonly key: string;
  readonly host: DefenseHost;
}

export interface Defense {
  readonly id: string;
  readonly label: string;
  /** Heading it stands under. */
  readonly group: DefenseGroup;
  /** What it does, and what it costs or can't do, in two plain sentences. */
  readonly help: string;
  /** Paper or standard the definition is from. */
  readonly source: string;
  readonly params: Readonly<Record<string, ParamMeta>>;
  /** Name of the parameter that switches the defense off at 0: then the system is the inner one itself. */
  readonly strength: string;
  /** Makes random draws, which its seed names. */
  readonly isRandom?: true;
  /** Its way back can hide the slope from an attacker, who therefore tries another too (Evaluator.standIn). */
  readonly masks?: true;
  /** Settings that a preview lowers to at most these, so that a slider can be dragged. */
  readonly preview?: Params;
  /** Folder under models/ of what it was trained into, whose card.md says what was measured; absent where nothing was trained. */
  readonly card?: string;
  /** Graphs it asks its host for: `defend` opens these and no others. */
  readonly graphs?: GraphNeeds;
  /** @throws LabError where this model can't be defended so, as a sentence */
  defend(inner: System, applied: Applied): System | Promise<System>;
}

/** "filter": on the picture; "network": trained beside the model; "looks": several looks at the picture; "models": several models. */
export type DefenseGroup = "filter" | "network" | "looks" | "models";

/** A defense as an experiment names it. */
export interface DefenseItem {
  readonly id: string;
  readonly defense: string;
  readonly enabled: boolean;
  readonly seed: number;
  readonly params: Params;
}
