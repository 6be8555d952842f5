/** The link to this experiment, as text, as a QR code for the room, and as a run manifest. */
import { useMemo, useRef, useState } from "react";
import { LabError, fromErrorData, toErrorData } from "../../errors/labError.ts";
import { encodeShareLink } from "../../experiment/shareLink/encode.ts";
import { roomFragment } from "../../lesson/room.ts";
import { useKeptBack } from "../context/Gated.tsx";
import { useGate } from "../context/useGate.ts";
import { useExperiment, useResultValues, useRoom, useStores, useView } from "../context/stores.ts";
import { FileInput } from "../kit/FileInput.tsx";
import { Button } from "../kit/Button.tsx";
import { isOwnModel } from "../../model/catalog.ts";
import { copyField } from "./copyText.ts";
import { currentNumbers } from "./currentRun.ts";
import { downloadManifest } from "./downloadManifest.ts";
import { LinkAddress } from "./LinkAddress.tsx";
import { QrCode } from "./QrCode.tsx";
import { sharedView } from "./sharedView.ts";
import { useOpenRun } from "./useOpenRun.ts";
import { useReachableAddress } from "./useReachableAddress.ts";
import styles from "./share.module.css";

/** Beyond this a QR code has too many dots for a phone in the back row. */
const QR_CHARACTERS = 900;

export function SharePanel() {
  const stores = useStores();
  const spec = useExperiment((s) => s.spec);
  const view = useView((s) => s);
  const [copied, setCopied] = useState<boolean | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const address = useReachableAddress();
  const { base } = address;
  // By value: a link is made anew when a number changes, not at every event of the engine.
  const numbers = useResultValues(currentNumbers);
  const isShut = useKeptBack("manifest").length > 0;
  const gate = useGate();
  const expected = isShut || gate ? undefined : numbers;
  const room = useRoom((s) => s);
  const link = useMemo(() => {
    try {
      const shared = { spec, view: sharedView(view), ...(expected ? { expected } : {}) };
      const fragment = encodeShareLink(shared);
      // It opens as blind and as locked as it is here; a bench of one reader has nothing to add.
      const isRoom = room.locks.length + room.hidden.length > 0;
      return new URL(isRoom ? roomFragment(room, fragment) : fragment, base).href;
    } catch (error) {
      return fromErrorData(toErrorData(error));
    }
  }, [spec, view, expected, base, room]);
  if (link instanceof LabError) {
    return (
      <p className={styles.line} role="alert">
        {link.message} {link.hint}
      </p>
    );
  }
  const copy = async () => setCopied(field.current !== null && (await copyField(field.current)));
  return (
    <>
      <p className={styles.line}>
        The link holds the settings{expected ? " and the numbers on screen" : ""}, never a pixel or
        a file name.
        {!isShut &&
          gate &&
          " No number travels while this film’s answer is held back: ask for it first."}
        {!isShut &&
          !gate &&
          !expected &&
          " Its numbers are not all there yet: they join the link once the run on screen is complete."}
        {isShut && " What is hidden here stays hidden where it is opened, and no number travels."}
        {spec.case.kind === "file" && " Whoever opens it needs the same file."}
        {isOwnModel(spec.model.id) &&
          " It runs on your own model: whoever opens it needs the same ONNX file, with its saved manifest if you corrected its settings."}
      </p>
      <div className={styles.field}>
        <input
          ref={field}
          aria-label="Link to this experiment"
          readOnly
          value={link}
          onFocus={(e) => e.currentTarget.select()}
        />
        <Button look="outlined" onClick={() => void copy()}>
          {copied ? "Copied" : "Copy link"}
        </Button>
      </div>
      {copied === false && (
        <p className={styles.line} role="status">
          This browser does not let the page copy: the link is selected, press Ctrl+C.
        </p>
      )}
      <LinkAddress address={address} />
      {link.length <= QR_CHARACTERS ? (
        <QrCode text={link} label="QR code of the link" address={address} />
      ) : (
        <p className={styles.line}>
          The link is too long for a QR code that a phone could read: copy it.
        </p>
      )}
      <div className={styles.actions}>
        <Button look="outlined" disabled={!expected} onClick={() => void downloadManifest(stores)}>
          Save run manifest (JSON)
        </Button>
        <OpenManifest />
      </div>
    </>
  );
}

/** A saved run, opened again: its experiment is repeated here and its numbers are compared. */
function OpenManifest() {
  const input = useRef<HTMLInputElement>(null);
  const open = useOpenRun();
  return (
    <>
      <Button look="outlined" onClick={() => input.current?.click()}>
        Open a run manifest
      </Button>
      <FileInput
        ref={input}
        label="Open a run manifest"
        accept=".json"
        onPick={([file]) => void (file && open(file))}
      />
    </>
  );
}
