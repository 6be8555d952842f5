/** Models that a reader brought: proposed a manifest, then opened like any other package. Nothing leaves the tab. */
import { LabError } from "../errors/labError.ts";
import { sha256Hex } from "../host/sha256.ts";
import { encoderManifest } from "./proposal/encoderManifest.ts";
import { proposeEncoder } from "./proposal/encoderProposal.ts";
import { parseManifest } from "../model/manifest.ts";
import type { ModelManifest } from "../model/manifest.ts";
import { imageForm, imageShape } from "./proposal/imageForm.ts";
import { imagePart } from "./proposal/imagePart.ts";
import type { SessionFactory } from "./session.ts";
import { FACE, withEncoderFace } from "../onnx/edit/encoderFace.ts";
import { GraphView } from "../onnx/graph.ts";
import { prepareGraph } from "../onnx/inline.ts";
import { externalFiles, parseModel, serializeModel } from "../onnx/file.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { probeRunner } from "./runners.ts";
import type { ModelPackage } from "./modelPackage.ts";
import type { OwnModelFiles, OwnModelProposal } from "./ownModelFiles.ts";

/** Larger than any graph the runtime takes. */
const LARGEST_FILE = 2 ** 31 - 1;

/** @throws LabError "graph-*" | "model-*" with the sentence the reader sees. */
export async function proposeOwnModel(
  files: OwnModelFiles,
  sessions: SessionFactory,
): Promise<OwnModelProposal> {
  const { model, bytes } = await readGraph(files);
  const { prepared: _prepared, ...proposal } = await proposeEncoder(
    model,
    probeRunner(sessions),
    files.notes,
  );
  const file = { name: files.name, bytes: bytes.length, sha256: await sha256Hex(bytes) };
  return { manifest: encoderManifest(model, proposal, file), proposal };
}

/**
 * The package behind a reader's manifest and files, its encoder turned to the lab's face.
 * @throws LabError "file-mismatch" when the manifest is about another file
 */
export async function openOwnModel(
  described: ModelManifest,
  files: OwnModelFiles,
  sessions: SessionFactory,
): Promise<ModelPackage> {
  const manifest = parseManifest(described);
  const file = manifest.files.find(({ role }) => role === "vision") ?? manifest.files[0]!;
  const { model, bytes } = await readGraph(files);
  const sha256 = await sha256Hex(bytes);
  if (sha256 !== file.sha256) {
    throw new LabError(
      "file-mismatch",
      `The manifest is about another file (sha256 ${file.sha256.slice(0, 12)}) than ${files.name} (${sha256.slice(0, 12)}).`,
      { hint: "Drop the model alone to have a manifest proposed." },
    );
  }
  const { name, size, channels, layout = "NCHW", range, mean, std } = manifest.input;
  const part = imagePart(model);
  const { batch } = imageForm(new GraphView(part.model), part.image);
  const prepared = await prepareGraph(part.model, probeRunner(sessions), {
    shapes: { [name]: imageShape({ layout, channels, batch }, size) },
  });
  const { embedding, tokens, axes } = manifest.outputs;
  const face = { input: name, size, channels, layout, range, mean, std, embedding, tokens, axes };
  const faced = serializeModel(withEncoderFace(prepared.model, prepared.shapes, face));
  // The pixels' normalisation is part of the graph now, and so of its hash.
  const facedFile = { ...file, role: "vision", sha256: await sha256Hex(faced) } as const;
  return {
    manifest,
    parity: undefined,
    files: {
      manifest: {
        ...manifest,
        files: [facedFile],
        input: { ...manifest.input, name: FACE.image, channels: 1 },
        outputs: { embedding: FACE.embedding, tokens: FACE.tokens },
      },
      precision: file.precision,
      read: async () => faced,
    },
  };
}

async function readGraph(
  files: OwnModelFiles,
): Promise<{ readonly model: ModelProto; readonly bytes: Uint8Array }> {
  const read = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());
  refuseTooLarge(files.graph.size);
  const bytes = await read(files.graph);
  // Only what the graph names is read: a model folder holds the weights of other frameworks too.
  const named = Object.keys(files.weights).length === 0 ? [] : externalFiles(bytes);
  const blobs = named.flatMap((location) => {
    const blob = weightsAt(files.weights, location);
    return blob ? [[location, blob] as const] : [];
  });
  refuseTooLarge(blobs.reduce((sum, [, blob]) => sum + blob.size, bytes.length));
  const weights = new Map<string, Uint8Array>();
  for (const [location, blob] of blobs) weights.set(location, await read(blob));
  return { model: parseModel(bytes, (location) => weights.get(location)), bytes };
}

/** Dropped one by one, files have no folder: then the last part of the location is the file's name. */
function weightsAt(weights: OwnModelFiles["weights"], location: string): Blob | undefined {
  const path = location.replace(/^\.\//, "");
  const name = path.split("/").at(-1)!;
  const elsewhere = Object.keys(weights).filter((key) => key.split("/").at(-1) === name);
  return weights[path] ?? (elsewhere.length === 1 ? weights[elsewhere[0]!] : undefined);
}

function refuseTooLarge(size: number): void {
  if (size <= LARGEST_FILE) return;
  throw new LabError(
    "graph-too-large",
    `The model has ${(size / 2 ** 30).toFixed(1)} GB; the runtime takes graphs and weights up to 2 GB.`,
    { hint: "Quantize the weights or export a smaller model." },
  );
}
