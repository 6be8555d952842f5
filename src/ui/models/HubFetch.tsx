/** Fetching a model from a hub: off until the reader switches it on, its size and the room for it told before. */
import { useEffect, useRef, useState } from "react";
import type { SyntheticEvent } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { Button } from "../kit/Button.tsx";
import { Select } from "../kit/Select.tsx";
import { Switch } from "../kit/Switch.tsx";
import { bytes } from "../kit/formats.ts";
import { fetchModel, filesFor, hubHost, lookUp } from "./hub.ts";
import type { HubModel } from "./hub.ts";
import type { KeptModel } from "./modelShelf.ts";
import styles from "./models.module.css";

interface Props {
  readonly onFetched: (model: KeptModel) => void;
  readonly onChange: () => void;
  /** Bytes that the browser still keeps for the page. */
  readonly left: number | undefined;
}

export function HubFetch(props: Props) {
  const [host, setHost] = useState<string | null | undefined>();
  const [isOn, setOn] = useState(false);
  useEffect(() => void hubHost().then((found) => setHost(found ?? null)), []);
  if (host === undefined) return null;
  return (
    <section className={styles.hub} aria-label="Model hub">
      <h3>Model hub</h3>
      {host === null ? (
        <p className={styles.told}>
          This page was started without a hub, and its policy lets it reach none. Start it with{" "}
          <code>npm start -- --hub https://huggingface.co</code> to fetch models from there, or
          download a folder yourself and drop it.
        </p>
      ) : (
        <>
          <div className={styles.switch}>
            <Switch label={`Fetch models from ${host}`} on={isOn} onToggle={() => setOn(!isOn)} />
            <span>{`Fetch models from ${host}. It is told which files are fetched and from which address, and nothing else.`}</span>
          </div>
          {isOn && <Fetching host={host} {...props} />}
        </>
      )}
    </section>
  );
}

function Fetching({ host, onFetched, onChange, left }: Props & { readonly host: string }) {
  const [name, setName] = useState("");
  const [model, setModel] = useState<HubModel | null>(null);
  const [form, setForm] = useState("");
  const [done, setDone] = useState<number | null>(null);
  const [told, setTold] = useState<string | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const attempt = async (work: () => Promise<void>) => {
    setTold(null);
    try {
      await work();
    } catch (error) {
      const { message, hint } = toErrorData(error);
      setTold([message, hint].filter(Boolean).join(" "));
    }
  };
  const look = (event: SyntheticEvent) => {
    event.preventDefault();
    void attempt(async () => {
      setModel(null);
      const found = await lookUp(name.trim(), host);
      setModel(found);
      setForm(found.forms.find((each) => each.startsWith("q4")) ?? found.forms[0] ?? "fp32");
    });
  };
  const begin = () => {
    const controller = new AbortController();
    stop.current = controller;
    setDone(0);
    void attempt(async () => {
      const kept = await fetchModel(model!, form, { onBytes: setDone, signal: controller.signal });
      if (kept) onFetched(kept);
      else setTold("Stopped. What has come stays, and the next try goes on from there.");
    }).finally(() => {
      setDone(null);
      onChange();
    });
  };
  const wanted = model && filesFor(model, form).reduce((sum, file) => sum + file.bytes, 0);
  return (
    <>
      <form className={styles.look} onSubmit={look}>
        <label>
          Model on {host}
          <input
            value={name}
            placeholder="OWNER/NAME"
            maxLength={200}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <Button look="outlined" type="submit" disabled={done !== null || name.trim() === ""}>
          Look it up
        </Button>
      </form>
      {told && <p role="alert">{told}</p>}
      {model && wanted !== null && (
        <>
          <p className={styles.told}>
            {`A ${model.folder.label} model, version ${model.commit.slice(0, 12)}. In this form it has ${bytes(wanted)}${left === undefined ? "." : `; the browser keeps ${bytes(left)} more for this page.`}`}
          </p>
          <div className={styles.actions}>
            <Select
              aria-label="Form of the weights"
              value={form}
              disabled={done !== null}
              onChange={(event) => setForm(event.currentTarget.value)}
            >
              {model.forms.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
            {done === null ? (
              <Button look="outlined" onClick={begin}>
                {`Fetch ${bytes(wanted)}`}
              </Button>
            ) : (
              <Button onClick={() => stop.current?.abort()}>Stop</Button>
            )}
          </div>
          {done !== null && (
            <>
              <progress value={done} max={wanted} aria-label="Fetched so far" />
              <p role="status" className={styles.told}>
                {`${bytes(done)} of ${bytes(wanted)}`}
              </p>
            </>
          )}
        </>
      )}
    </>
  );
}
