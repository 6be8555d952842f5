/** Models that this browser has kept or knows on the reader's disk, and a hub to fetch others from. */
import { useCallback, useEffect, useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { useStores, useView } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { Dialog } from "../kit/Dialog.tsx";
import { bytes } from "../kit/formats.ts";
import { HubFetch } from "./HubFetch.tsx";
import { forgetFolder, knownFolders, openFolderHandle, rememberFolder } from "./folderHandles.ts";
import type { KnownFolder } from "./folderHandles.ts";
import { filesOf, forget, keptModels, roomLeft } from "./modelShelf.ts";
import type { KeptModel } from "./modelShelf.ts";
import { usePickModel } from "./useModels.ts";
import styles from "./models.module.css";

export function KeptModelsDialog() {
  const { view } = useStores();
  const isOpen = useView((s) => s.dialog === "kept");
  const close = () => view.getState().set({ dialog: null });
  return (
    <Dialog
      opened={isOpen}
      onClose={close}
      size="min(720px, 96vw)"
      label="Kept models"
      closeLabel="Close kept models"
    >
      {isOpen && <KeptModels onOpened={close} />}
    </Dialog>
  );
}

interface Shelf {
  readonly models: readonly KeptModel[];
  readonly folders: readonly KnownFolder[];
  readonly left: number | undefined;
}

async function lookedAt(): Promise<Shelf> {
  const [models, folders, left] = await Promise.all([keptModels(), knownFolders(), roomLeft()]);
  return { models, folders, left };
}

type PickFolder = () => Promise<FileSystemDirectoryHandle>;

function KeptModels({ onOpened }: { readonly onOpened: () => void }) {
  const [shelf, setShelf] = useState<Shelf | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const pick = usePickModel();
  const refresh = useCallback(() => lookedAt().then(setShelf), []);
  useEffect(() => void lookedAt().then(setShelf), []);
  const attempt = async (work: () => Promise<void>) => {
    setRefusal(null);
    try {
      await work();
    } catch (error) {
      const { message, hint } = toErrorData(error);
      setRefusal([message, hint].filter(Boolean).join(" "));
    }
  };
  const open = (model: KeptModel) =>
    attempt(async () => {
      const files = await filesOf(model);
      onOpened();
      pick(files);
    });
  const openFolder = (folder: KnownFolder) =>
    attempt(async () => {
      const files = await openFolderHandle(folder);
      if (!files) {
        setRefusal(
          `${folder.name} cannot be read: it was moved, or the browser was not given leave.`,
        );
        return;
      }
      onOpened();
      pick(files);
    });
  const { showDirectoryPicker } = window as { readonly showDirectoryPicker?: PickFolder };
  const remember = async () => {
    const handle = await showDirectoryPicker!().catch(() => undefined);
    if (!handle) return;
    const folder = { id: `${handle.name} ${Date.now()}`, name: handle.name, handle };
    if (await rememberFolder(folder)) await openFolder(folder);
    else setRefusal("This browser cannot remember a folder for this page. Drop it instead.");
  };
  return (
    <>
      <p className={styles.told}>
        Kept in this browser, on this machine, and read here: no part of a model or a film is sent
        anywhere.
        {shelf?.left !== undefined && ` The browser keeps ${bytes(shelf.left)} more for this page.`}
      </p>
      {refusal && <p role="alert">{refusal}</p>}
      {shelf && shelf.models.length + shelf.folders.length === 0 && (
        <p className={styles.told}>
          None yet. When a folder is dropped, “Keep in this browser” puts it here.
        </p>
      )}
      {shelf && (
        <ul className={styles.kept} aria-label="Kept models">
          {shelf.models.map((model) => (
            <Entry
              key={model.id}
              name={model.name}
              about={aboutModel(model)}
              onOpen={model.isWhole ? () => void open(model) : undefined}
              onForget={() => void forget(model.id).then(refresh)}
            />
          ))}
          {shelf.folders.map((folder) => (
            <Entry
              key={folder.id}
              name={folder.name}
              about="A folder on this computer, read where it lies."
              onOpen={() => void openFolder(folder)}
              onForget={() => void forgetFolder(folder.id).then(refresh)}
            />
          ))}
        </ul>
      )}
      {showDirectoryPicker && (
        <div className={styles.actions}>
          <Button look="outlined" onClick={() => void remember()}>
            Remember a folder on this computer…
          </Button>
        </div>
      )}
      <HubFetch
        onFetched={(model) => void open(model)}
        onChange={() => void refresh()}
        left={shelf?.left}
      />
    </>
  );
}

function aboutModel({ files, from, isWhole, keptAt }: KeptModel): string {
  const size = bytes(files.reduce((sum, file) => sum + file.bytes, 0));
  const when = new Date(keptAt).toLocaleDateString();
  if (!isWhole)
    return `${size}, from ${from ?? "here"}: not all of it is here yet. Fetch it again to go on.`;
  return `${size}, ${from ? `from ${from}, ` : ""}kept on ${when}`;
}

function Entry(props: {
  readonly name: string;
  readonly about: string;
  readonly onOpen: (() => void) | undefined;
  readonly onForget: () => void;
}) {
  const { name, about, onOpen, onForget } = props;
  return (
    <li>
      <div>
        <b>{name}</b>
        <span>{about}</span>
      </div>
      {onOpen && (
        <Button look="outlined" aria-label={`Open ${name}`} onClick={onOpen}>
          Open
        </Button>
      )}
      <Button aria-label={`Forget ${name}`} onClick={onForget}>
        Forget
      </Button>
    </li>
  );
}
