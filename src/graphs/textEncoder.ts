/** A package's text encoder: sentences to unit vectors beside the image embedding. Opened when it is first asked for. */
import { serializeModel, parseModel } from "../onnx/file.ts";
import { floatData, int64Tensor } from "../tensor/tensor.ts";
import { ReadyGraph } from "./readyModel.ts";
import type { ReadyText } from "./readyModel.ts";
import type { GraphSession, SessionFactory } from "./session.ts";

export interface TextEncoder {
  /** Unit vectors [E], one a sentence. */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
  release(): Promise<void>;
}

const OUTPUT = "text_embedding";

export function textEncoder({ tokenizer, read }: ReadyText, sessions: SessionFactory): TextEncoder {
  let opened: Promise<GraphSession> | undefined;
  const open = (): Promise<GraphSession> => {
    const opening = (opened ??= openSession(read, sessions));
    opening.catch(() => {
      opened = undefined;
    });
    return opening;
  };
  return {
    async embed(texts) {
      const session = await open();
      const embeddings: Float32Array[] = [];
      for (const text of texts) {
        const ids = tokenizer.encodeReport(text);
        const results = await session.run({ ids: int64Tensor(ids, [1, ids.length]) }, [OUTPUT]);
        embeddings.push(floatData(results[OUTPUT]!, OUTPUT).slice());
      }
      return embeddings;
    },
    release: async () => {
      await (await opened)?.release();
    },
  };
}

async function openSession(
  read: () => Promise<Uint8Array>,
  sessions: SessionFactory,
): Promise<GraphSession> {
  const graph = new ReadyGraph(parseModel(await read()));
  const onGpu = sessions.backend === "webgpu";
  return await sessions.create(serializeModel(onGpu ? graph.stored : graph.plain), {});
}
