/**
 * The words of typed questions: what names a finding, what only seems to, what lies outside the models, and what
 * changes nothing. Spelling is American in here (`plainSpelling` brings British spelling to it); hyphens are spaces.
 */
import { FINDING_TERMS } from "./questionBank.ts";

/** Short forms and everyday names, beside the bank's own terms. */
const OWN_NAMES: Readonly<Record<string, readonly string[]>> = {
  cardiomegaly: ["large heart", "big heart", "enlarged cardiac shadow", "heart enlargement"],
  effusion: ["fluid around the lung", "fluid around lung", "fluid in pleural space", "effusion"],
  pneumothorax: ["pneumothoraces", "pnx", "air in the pleura", "air in pleural space"],
  nodule: ["nodule", "nodule in a lung", "nodule of the lung"],
  edema: ["edema", "lung edema", "edema of the lung", "edematous lung"],
  atelectasis: ["atelectases"],
  fracture: [
    "fracture of a rib",
    "fracture of the rib",
    "broken rib",
    "rib fx",
    "rib break",
    "fracture",
    "fx",
  ],
  hernia: ["hernia"],
  pacemaker: ["pacer", "ppm"],
  tube: ["ett", "endotracheal", "intubated"],
  line: ["cvl", "central catheter", "central venous access"],
  pneumonia: ["pna"],
};

/** Words that may mean more than one finding, or something close to one: asked back, never guessed. */
const OWN_NEAR: readonly (readonly [string, readonly string[]])[] = [
  ["collapse", ["pneumothorax", "atelectasis"]],
  ["collapsed", ["pneumothorax", "atelectasis"]],
  ["lung collapse", ["pneumothorax", "atelectasis"]],
  ["lobar collapse", ["atelectasis"]],
  ["opacity", ["consolidation", "pneumonia"]],
  ["opacities", ["consolidation", "pneumonia"]],
  ["lung opacities", ["consolidation", "pneumonia"]],
  ["opacification", ["consolidation", "pneumonia"]],
  ["shadowing", ["consolidation", "pneumonia"]],
  ["airspace disease", ["consolidation", "pneumonia"]],
  ["infiltration", ["consolidation"]],
  ["infection", ["pneumonia"]],
  ["fluid", ["effusion", "edema"]],
  ["fluid in the lung", ["effusion", "edema"]],
  ["fluid on the lung", ["effusion", "edema"]],
  ["pneumo", ["pneumothorax", "pneumonia"]],
  ["hydropneumothorax", ["pneumothorax", "effusion"]],
  ["cardiac failure", ["cardiomegaly", "edema"]],
  ["heart failure", ["cardiomegaly", "edema"]],
  ["chf", ["cardiomegaly", "edema"]],
  ["water on the lung", ["effusion", "edema"]],
  ["blunting", ["effusion"]],
  ["costophrenic angle", ["effusion"]],
  ["blunted costophrenic angle", ["effusion"]],
  ["cp angle", ["effusion"]],
  ...["", "left ", "right "].flatMap((side) =>
    ["fluid in", "blunting of"].map((what): readonly [string, readonly string[]] => [
      `${what} the ${side}costophrenic angle`,
      ["effusion"],
    ]),
  ),
  ["congestion", ["edema"]],
  ["empyema", ["effusion"]],
  ["lesion", ["nodule"]],
  ["mass", ["nodule"]],
  ["masses", ["nodule"]],
  ["tumor", ["nodule"]],
  ["cancer", ["nodule"]],
  ["metastasis", ["nodule"]],
  ["metastases", ["nodule"]],
  ["icd", ["pacemaker"]],
  ["aicd", ["pacemaker"]],
  ["defibrillator", ["pacemaker"]],
  ["pacing lead", ["pacemaker"]],
  ["ng tube", ["tube"]],
  ["ngt", ["tube"]],
  ["feeding tube", ["tube"]],
  ["chest tube", ["tube"]],
  ["chest drain", ["tube"]],
  ["tracheostomy", ["tube"]],
  ["tube", ["tube"]],
  ["picc", ["line"]],
  ["picc line", ["line"]],
  ["catheter", ["line"]],
  ["line", ["line"]],
  ["cardiothoracic ratio", ["cardiomegaly"]],
  ["cardio thoracic ratio", ["cardiomegaly"]],
  ["ctr", ["cardiomegaly"]],
];

/** Findings with a name of their own that no model here was trained on. */
const OTHER_FINDINGS: readonly string[] = (
  "pericardial effusion,joint effusion,pneumomediastinum,pneumoperitoneum,pneumopericardium,free air," +
  "air under the diaphragm,emphysema,copd,asthma,bronchiectasis,bronchitis,fibrosis,interstitial lung disease,ild," +
  "ards,covid,covid 19,tuberculosis,tb,sarcoidosis,silicosis,asbestosis,pulmonary embolism,embolism,embolus," +
  "pneumonitis,abscess,cavity,cavitation,granuloma,calcification,pleural thickening,pleural plaque,mesothelioma," +
  "lymphadenopathy,adenopathy,aneurysm,aortic dissection,aortic unfolding,scoliosis,kyphosis,dislocation," +
  "hyperinflation,kerley line,kerley b line,subcutaneous emphysema,foreign body,swan ganz," +
  "balloon pump,valve replacement,prosthetic valve,sternal wires,hilar enlargement,widened mediastinum," +
  "mediastinal widening,mediastinal shift,tracheal deviation,pulmonary hypertension,clear lungs,lungs clear," +
  "lungs are clear,cyst,thymoma,goiter,osteoporosis,arthritis,atherosclerosis,cystic fibrosis"
).split(",");

/** Places that make a finding's short name another finding. */
const ELSEWHERE: Readonly<Record<string, RegExp>> = {
  effusion: /\b(?:pericardial|joint|knee|hip|subdural|ascitic|around the heart)\b/,
  fracture:
    /\b(?:clavicle|clavicular|collarbone|vertebra\w*|spin\w+|compression|humer\w+|shoulder|scapula\w*|stern\w+|hip|skull|femur|femoral|bone)\b/,
  hernia: /\b(?:inguinal|umbilical|diaphragmatic|bochdalek|morgagni|ventral|incisional|disc)\b/,
  nodule: /\b(?:thyroid|skin|breast|hilar|lymph|pleural)\b/,
  edema: /\b(?:peripheral|leg|ankle|cerebral|brain|subcutaneous|soft tissue|pedal|facial)\b/,
};

export type Subject =
  | { readonly kind: "finding"; readonly findingId: string; readonly typed: string }
  | { readonly kind: "near"; readonly meanings: readonly string[]; readonly typed: string }
  | { readonly kind: "other"; readonly typed: string };

interface Name {
  readonly phrase: string;
  readonly pattern: RegExp;
  readonly subject: (typed: string) => Subject;
}

/** British to American spelling and hyphens to spaces, in lower case: how names and questions are compared. */
export function plainSpelling(text: string): string {
  return text
    .replaceAll(/\boe(?=dema|sophag)/g, "e")
    .replaceAll("haem", "hem")
    .replaceAll("tumour", "tumor")
    .replaceAll(/(?<=[a-z0-9])-(?=[a-z0-9])/g, " ");
}

let names: readonly Name[] | undefined;

function allNames(): readonly Name[] {
  if (names) return names;
  const found = new Map<string, (typed: string) => Subject>();
  for (const typedOther of OTHER_FINDINGS)
    found.set(typedOther, (typed) => ({ kind: "other", typed }));
  const near = new Map<string, string[]>();
  for (const finding of FINDING_TERMS) {
    for (const synonym of finding.synonyms) {
      if (synonym.equivalent) continue;
      const term = plainSpelling(synonym.term);
      near.set(term, [...(near.get(term) ?? []), finding.id]);
    }
  }
  for (const [term, meanings] of OWN_NEAR) near.set(term, [...meanings]);
  for (const [term, meanings] of near) {
    found.set(term, (typed) => ({ kind: "near", meanings, typed }));
  }
  for (const { id, term, synonyms } of FINDING_TERMS) {
    const equivalents = synonyms.filter((s) => s.equivalent).map((s) => s.term);
    for (const name of [term, ...equivalents, ...(OWN_NAMES[id] ?? [])]) {
      found.set(plainSpelling(name), (typed) => ({ kind: "finding", findingId: id, typed }));
    }
  }
  names = [...found]
    .sort(([a], [b]) => b.length - a.length)
    .map(([phrase, subject]) => ({
      phrase,
      pattern: new RegExp(`\\b${phrase.replace(/\brib\b/, "ribs?")}(?:e?s)?\\b`, "g"),
      subject,
    }));
  return names;
}

/** Stands where a subject was named. Upper case, so that no typed word can be it. */
export const SUBJECT = "SUBJECT";

/** Every subject named, longest name first, and the text with each replaced by the placeholder. */
export function findSubjects(text: string): { subjects: Subject[]; masked: string } {
  const subjects: Subject[] = [];
  let masked = text;
  for (const { pattern, subject } of allNames()) {
    masked = masked.replace(pattern, (typed) => {
      const named = subject(typed);
      const elsewhere =
        named.kind === "finding" ? ELSEWHERE[named.findingId]?.exec(text)?.[0] : undefined;
      subjects.push(elsewhere ? { kind: "other", typed: `${elsewhere} ${typed}` } : named);
      return SUBJECT;
    });
  }
  const place = ({ typed }: Subject) => text.indexOf(typed);
  return { subjects: subjects.toSorted((a, b) => place(a) - place(b)), masked };
}

export const NEGATIONS =
  /\b(?:no|not|none|nothing|never|neither|nor|cannot|[a-z]+n't|without|absent|absence(?: of)?|lack(?: of|s|ing)?|free (?:of|from)|clear of|devoid of|neg(?:ative)? for|rul(?:e|ed|es|ing) out|exclud(?:e|ed|es|ing)|exclusion of)\b/g;
export const HEDGES =
  /\b(?:unlikely|improbable|doubtful|hardly|barely|rather than|instead of|except|apart from|other than|unless|den(?:y|ies)|fail(?:s|ed)? to)\b/;

export const SIZES: Readonly<Record<string, RegExp>> = {
  small: /\b(?:small|tiny|minor|trace|minimal)\b/g,
  moderate: /\b(?:moderate|medium)(?: sized?)?\b/g,
  large: /\b(?:large|big|massive|huge|sizeable|sizable)\b/g,
};

/** Words that leave the question as it is. Whatever is in no list of this file is reported as not read. */
const NEUTRAL: ReadonlySet<string> = new Set(
  (
    "a an the this that these those it its it's there there's here i i'd i'm me my we us our you your he she him her his they them " +
    "is are was were be been being am do does did doing have has had having can could may might will would shall must should " +
    "any some one of on in at to for from with by as and or if whether which what where who how when than then so but also just ok okay " +
    "see seen sees seeing look looks looking looked show shows shown showing find found identify identified detect detected " +
    "demonstrate demonstrated demonstrates appear appears apparent evident visible visualized visualised present presence noted note " +
    "evidence sign signs suggestion suggestive suspicion suspicious suspect suspected possible possibly probable likely potential concern concerning " +
    "think say said tell check confirm please kindly could value opinion thanks thank hi hello dear query correct true yes sure right " +
    "radiograph radiographs radiography xray xrays x ray rays cxr film films image images picture scan study exam examination chest thorax thoracic " +
    "patient patient's patients pt lung lungs pulmonary pleural side sides sided hemithorax heart cardiac silhouette size sized large normal limits within " +
    "view views projection portable bedside mobile unit taken used supine erect upright frontal pa ap position " +
    "radiologist expert doctor student diagnosis consider considered called described really actually definitely perhaps maybe still already " +
    "male female man woman boy girl gentleman lady history status post after pain sob dyspnea cough fever " +
    "trauma fall icu ed er clinical clinically presenting presents medical whole everything anything something thing overall looking wrong " +
    "get got need want know like hear heard only at all now s t oh er um doubt idea certain agree pls child missed"
  ).split(" "),
);

/** Function words of other languages that English does not have. */
export const FOREIGN =
  /\b(?:kein|keine|keinen|der|das|ein|eine|einen|ist|gibt|hat|une|il|les|est|pas|hay|del|el|senza|ci|sono|niet|geen|een|sem|nie|ingen|inte|finns|dans|avec|und|oder|tiene)\b/;

export function isNeutral(word: string): boolean {
  return NEUTRAL.has(word);
}

let targets: ReadonlySet<string> | undefined;

/** The words a typing error is corrected towards, in British and American spelling. */
export function correctable(): ReadonlySet<string> {
  if (targets) return targets;
  const bankWords = FINDING_TERMS.flatMap(({ term, synonyms }) => [
    term,
    ...synonyms.map((s) => s.term),
  ]);
  const others = "without absent absence excluded negative bilateral moderate enlarged normal";
  const words = [...bankWords, ...allNames().map(({ phrase }) => phrase), others]
    .join(" ")
    .split(/[^a-z]+/)
    .concat("right", "large");
  targets = new Set(words.filter((word) => word.length >= 5).flatMap((w) => [w, `${w}s`]));
  return targets;
}
