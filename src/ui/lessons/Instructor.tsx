/** For whoever leads a room: one link with the lesson, the locks and the seed, as text and as a code on the wall. */
import { useRef, useState } from "react";
import { encodeShareLink } from "../../experiment/shareLink/encode.ts";
import { LESSON_IDS } from "../../lesson/catalog.ts";
import { HIDDEN, LOCKS, QUIZ_ROUNDS, roomFragment } from "../../lesson/room.ts";
import type { HiddenName, LockName, RoomLink } from "../../lesson/room.ts";
import { said } from "../../lesson/spoken.ts";
import type { Lesson } from "../../lesson/schema.ts";
import { useExperiment, useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { Select } from "../kit/Select.tsx";
import { copyField } from "../share/copyText.ts";
import { LinkAddress } from "../share/LinkAddress.tsx";
import { QrCode } from "../share/QrCode.tsx";
import { sharedView } from "../share/sharedView.ts";
import { useReachableAddress } from "../share/useReachableAddress.ts";
import { LANGUAGE } from "./lessonSession.ts";
import styles from "./lessons.module.css";

const LOCK_NAMES: Readonly<Record<LockName, string>> = {
  case: "Case",
  model: "Model",
  question: "Question",
  disturbances: "Disturbances and their seeds",
  defenses: "Defenses",
  guarantee: "Guarantee",
  measurements: "Measurements",
};
const HIDDEN_NAMES: Readonly<Record<HiddenName, string>> = {
  truth: "Ground truth",
  titles: "Names of the films",
  sliders: "What a phantom has",
  answers: "The model’s answer, until they gave theirs",
};
const QUIZ = "quiz";
const BENCH = "bench";

export function Instructor({ lessons }: { readonly lessons: readonly Lesson[] }) {
  const [what, setWhat] = useState<string>(LESSON_IDS[0]);
  const [locks, setLocks] = useState<readonly LockName[]>([]);
  const [hidden, setHidden] = useState<readonly HiddenName[]>([]);
  const [seed, setSeed] = useState(1);
  return (
    <div className={styles.instructor}>
      <div className={styles.form}>
        <label>
          <span>The room opens</span>
          <Select
            aria-label="What the room opens"
            value={what}
            onChange={(event) => setWhat(event.currentTarget.value)}
          >
            {lessons.map(({ id, title }) => (
              <option key={id} value={id}>
                {said(title, LANGUAGE)}
              </option>
            ))}
            <option value={QUIZ}>Blind quiz</option>
            <option value={BENCH}>The bench as it is now</option>
          </Select>
        </label>
        {what !== QUIZ && (
          <>
            <Ticks
              legend="Locked"
              names={LOCK_NAMES}
              of={Object.keys(LOCKS) as LockName[]}
              ticked={locks}
              onChange={setLocks}
            />
            <Ticks
              legend="Hidden"
              names={HIDDEN_NAMES}
              of={HIDDEN}
              ticked={hidden}
              onChange={setHidden}
            />
          </>
        )}
        <label title="Which films the blind quiz and “Another film” draw: the same for the whole room.">
          <span>Seed of the room</span>
          <input
            type="number"
            min={0}
            max={1_048_575}
            step={1}
            value={seed}
            onChange={(event) => setSeed(Math.trunc(Number(event.currentTarget.value)) || 0)}
          />
        </label>
      </div>
      <RoomAddress
        link={{
          ...(what === QUIZ
            ? { quiz: QUIZ_ROUNDS.default }
            : what === BENCH
              ? {}
              : { lesson: what }),
          locks: what === QUIZ ? [] : locks,
          hidden: what === QUIZ ? [] : hidden,
          seed,
        }}
        isBench={what === BENCH}
      />
    </div>
  );
}

function Ticks<T extends string>(props: {
  readonly legend: string;
  readonly names: Readonly<Record<T, string>>;
  readonly of: readonly T[];
  readonly ticked: readonly T[];
  readonly onChange: (ticked: readonly T[]) => void;
}) {
  const { legend, names, of, ticked, onChange } = props;
  return (
    <fieldset>
      <legend>{legend}</legend>
      {of.map((name) => (
        <label key={name}>
          <input
            type="checkbox"
            checked={ticked.includes(name)}
            onChange={({ currentTarget: { checked } }) =>
              onChange(checked ? [...ticked, name] : ticked.filter((each) => each !== name))
            }
          />
          {names[name]}
        </label>
      ))}
    </fieldset>
  );
}

function RoomAddress({ link, isBench }: { readonly link: RoomLink; readonly isBench: boolean }) {
  const { view } = useStores();
  const spec = useExperiment((s) => s.spec);
  const address = useReachableAddress();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState("");
  const bench = isBench ? encodeShareLink({ spec, view: sharedView(view.getState()) }) : "";
  const href = new URL(roomFragment(link, bench), address.base).href;
  return (
    <div className={styles.address}>
      <QrCode text={href} label="QR code of the room’s link" address={address} isLarge />
      <div className={styles.copy}>
        <input
          ref={field}
          readOnly
          aria-label="Link for the room"
          value={href}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button
          look="outlined"
          onClick={() => void copyField(field.current!).then((done) => done && setCopied(href))}
        >
          {copied === href ? "Copied" : "Copy link"}
        </Button>
      </div>
      <LinkAddress address={address} />
    </div>
  );
}
