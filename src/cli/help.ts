/** What `lab --help` prints. */
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { FIGURE_PANELS } from "../experiment/exports/figure.ts";
import { FINDINGS, FINDING_KINDS } from "../phantom/spec.ts";

export function helpText(): string {
  return `The headless lab: the page's own experiment, in Node. Research and teaching only, not for diagnosis.

npm run -s lab -- run SPEC.json | MANIFEST.json | LINK [--file FILE [--boxes CSV]] [--backend native|wasm] [--dump DIR]
    [--model FOLDER|ZIP|ENCODER.onnx [--precision q4|...]] [--export DIR [--panels clean,disturbed,...]]
    Runs an experiment and prints the numbers of every stage as JSON: answers and margins, norms, feature cosine,
    attack trace, where the answers' relevance peaks, certificate. "-" reads it from standard input. A file case is
    named by --file FILE, one of whose pictures must have the sha256 of the experiment; --boxes says
    where findings are on it (file,finding,x,y,w,h in film pixels), for explanations to be measured against. What is printed is a run manifest:
    the page opens it, and so does this verb. A manifest or a share link with numbers in it is compared with them
    (answers, margins, feature cosine, model and precision; the rest of a manifest is for reading): {replay: {status,
    differences}}. --backend wasm runs the page's own build of the runtime, whose numbers agree with
    the page's to the last digits; native is faster, and an attack multiplies its rounding differences. --model runs it
    on a model of your own, under the name that the page gives it; a manifest saved into its folder is followed. --dump also
    writes what a figure can be recomputed from: the pictures the model was given (PNG and .npy), and as .npy the
    embeddings, all layers' attention, relevance, the certificate's noisy features, and each measurement's maps, plots
    and draws. --export writes what a paper needs: a figure (SVG, its panels chosen by --panels:
    ${FIGURE_PANELS.map(({ id }) => id).join(", ")}),
    every number as one table (CSV), a Python script that repeats the run with ONNX Runtime and NumPy and asserts its
    numbers, and how to cite it. The figure shows the pictures; the script holds a phantom's, and reads those of a film
    from the .npy file that is written beside it.

npm run -s lab -- compare SPEC.json | MANIFEST.json | LINK [--model ID|FOLDER] [--precision P]
    [--defenses same|none|ID] [--first FOLDER] [--backend native|wasm] [--against native|wasm] [--file FILE]
    The experiment by its own system and by a second one, as JSON: what each says, where they part, how alike they look
    (entropy and Jensen-Shannon divergence of the answer's attention, in bits), and what each says of the picture that was
    made for the other. --model is the second one's model, bundled or your own; --first is yours in the first one's
    place; --against is the second one's backend. Each system is attacked by itself; noise and paint are the same on both.

npm run -s lab -- study run STUDY.json --out DIR [--workers N] [--resume] [--retry-failed] [--shard i/n] [--plan]
    [--backend native|wasm]
    One experiment under axes and cases as one table, on this machine's cores. DIR gets rows.jsonl and rows.parquet (one
    flat row per run, failures too) and the study. Its size and time are said first (--plan: and nothing is run). Ctrl-C
    leaves a folder that --resume goes on in; a changed study computes only what is new. --shard 2/4 is the second of
    four parts for as many machines. examples/study-small.json is a whole study; \`list measures\` names the columns.
npm run -s lab -- study report DIR [--markdown F.md] [--summary F.json]
    Tables with denominators and intervals, plots, and the command that repeats it, as DIR/report.html; the tables alone
    as Markdown or as numbers.
npm run -s lab -- study merge DIR... --out DIR
    The rows of several folders of one study in one.
npm run -s lab -- study import QUESTIONS.csv|.json --films DIR --out STUDY.json
    A study of other people's questions: columns (or fields) image, question, paraphrases, phenomenon and label, under the
    names that PSF-Med style releases give them. What can't be asked is said row by row; the rest is in STUDY.json.
npm run -s lab -- study worker --redis URL [--workers N] [--films DIR] [--backend native|wasm]
npm run -s lab -- study submit STUDY.json --redis URL --out DIR [--resume] [--backend native|wasm]
npm run -s lab -- study status --redis URL
    The same on many machines, over a Redis or Valkey (redis://:PASSWORD@host:6379, rediss:// for TLS): workers make the
    rows, submit writes them. Films lie in a folder that the workers share and are found by the hash of their pixels;
    models must be the same files. A killed worker's runs go to another. docs/scale.md has the arithmetic.

npm run -s lab -- robustness [--model ID] [--epsilon N] [--questions N] [--seed N] [--backend native|wasm]
    Accuracy under the lab's own attacks, on the graph that answers readers: plain questions about random phantoms,
    linf epsilon in 255ths (2 if not given). One JSON line per question, then the shares with their n. An accuracy
    under attack is named by its attacks: another attack may leave less.

npm run -s lab -- list [models|folders|findings|patient|questions|perturbations|attacks|goals|instruments|defenses|measures|lessons|certificate|window|limits]...
    What there is to choose from, with ranges, units, defaults and help, as JSON: the tables that the page itself reads.

npm run -s lab -- decode FILE... [--frame N]
    One JSON line per DICOM, PNG, JPEG or TIFF file: {rows, cols, rawSha256, displaySha256, notices}, or
    {error: {code, message}} and exit status 2. rawSha256 is over the stored values as int32 little-endian,
    displaySha256 over the 8-bit picture after window and MONOCHROME1. --frame N is which picture, from 1, of a file that
    holds several; the first unless said otherwise.

npm run -s lab -- phantom --seed N [--finding KIND[:side[:amount]]]... [--size N] --out F.png [--mask M.png]
    Draws a synthetic radiograph, and the mask of its findings if asked. Prints its parameters, findings and report.
    Kinds: ${FINDING_KINDS.map(kindHelp).join("; ")}.
    --size is the side in pixels (64 to 1024, 512 if not given).

npm run -s lab -- ask FILE... --question TEXT [--model ID] [--frame N] [--square whole|LEFT,TOP,SIDE]
    One JSON line per file: {file, question, answer, corrected, probabilities, margin, ...} of the bundled model.
    --frame N is which picture, from 1, of files that hold several. --square is what of a film the model is given: the whole
    of it with black beside it, or a square by its left column, top row and side in the film's pixels; the largest in the
    middle unless said otherwise. An experiment says both in its case: {"kind": "file", "sha256": ..., "frame": 2,
    "square": {"kind": "placed", "left": 120, "top": 0, "side": 2000}} or {"kind": "whole"}.
npm run -s lab -- ask FILE... --question TEXT --model FOLDER|FILE.zip|llava-mini|siglip-mini [--answer TEXT...]
    [--precision NAME] [--max-tokens N] [--epsilon K/255 [--steps N]] [--backend native|wasm] [--frame N] [--square ...]
    The same of a model of your own, in the layout of browser exports (config.json, tokenizer.json, onnx/...): LLaVA
    (vision_encoder, embed_tokens, decoder_model_merged; yes and no, or the --answer given, by the next token's
    probability, all spellings summed; --max-tokens also writes its own text) and CLIP or SigLIP (model.onnx; each --answer
    is a caption). --epsilon attacks the answer by PGD through the whole model, in grey from 0 to 1, on 8-bit pictures.
    --stages [--against FILE] [--wording TEXT] looks inside a LLaVA: the words that its picture tokens come nearest to behind
    the connector, what share of the answer token's attention the picture gets in each layer and head, and where it
    looks. With a second picture (--against, or the attacked one) the cosine of both in every layer of encoder, connector and
    decoder; with a second wording, in which block the two part. What a model does not show is named.

npm run -s lab -- caption FILE [--model FOLDER|FILE.zip|captioner-mini] [--beams N] [--max-tokens N] [--precision NAME]
    [--epsilon K/255 [--steps N] [--towards TEXT]] [--attention F.npy] [--backend native|wasm]
    What a captioner writes of a film (VisionEncoderDecoder: encoder_model, decoder_model_merged; BLIP: vision_model,
    text_decoder_model): greedily or by beam search, each token with its log-probability and the picture token it looks at
    most. --attention writes all of that, [tokens, picture tokens]. --epsilon attacks the likelihood of its own text, or raises
    that of --towards, by PGD through the whole model, and tells what it writes then and how far the two texts agree.

npm run -s lab -- agree FILE --question TEXT --model FOLDER|FILE.zip|ID [--answer TEXT --answer TEXT...]
    [--precision NAME]... [--backend native|wasm]... [--max-tokens N] [--frame N] [--square ...]
    One film and one question to every precision that the model has, on the native runtime and on the page's WASM build:
    the cosine of each with the fullest native one behind encoder, connector and language side, answers, texts, and a
    sentence on what differs. A quantized kernel that computes something else shows here.

npm run -s lab -- inspect MODEL.onnx|FOLDER [--text]
    What is in a graph: inputs, outputs, operators, parameters, attention maps, what stops a gradient and why, and what
    the lab makes of it as an image encoder. A folder or zip whose config.json names a vision-language model: its
    family, its graphs by part and precision, and why it is not opened where it is not. --text prints the graph itself, one line per node.

npm run -s lab -- forward MODEL.onnx --input NAME=FILE.npy... --out-dir DIR [--backend native|wasm]
    Runs a graph and writes every output as a .npy file.

npm run -s lab -- vjp MODEL.onnx --input NAME=FILE.npy... --output NAME --cotangent FILE.npy --wrt NAME --out FILE.npy
    [--backend native|wasm]
    The gradient of sum(output * cotangent) with respect to an input or inner value, as float32.

npm run -s lab -- attention MODEL.onnx --input NAME=FILE.npy... --out-dir DIR [--backend native|wasm]
    Every attention map of a graph as a .npy file, with the largest error of its row sums.

npm run -s lab -- --help
    This text; after a verb, what it says of that verb. --version prints the version.

Answers go to standard output as JSON. An error is one sentence on standard error and a non-zero exit status: 1 for a
wrong command line, 2 for what the sentence says. A repeated run that differs from its link or manifest ends with 3.

An experiment that runs (also what the page opens with). Save it as SPEC.json:
${JSON.stringify(defaultSpec(), null, 2)}
`;
}

/** What the help says of one verb: its lines, and what is indented under them. */
export function helpOf(verb: string): string {
  const start = `npm run -s lab -- ${verb}`;
  const kept: string[] = [];
  let isOfVerb = false;
  for (const line of helpText().split("\n")) {
    if (line.startsWith("npm run")) isOfVerb = line === start || line.startsWith(`${start} `);
    else if (!line.startsWith("    ")) isOfVerb = false;
    if (isOfVerb) kept.push(line);
  }
  return `${kept.join("\n")}\n`;
}

function kindHelp(kind: (typeof FINDING_KINDS)[number]): string {
  const { min, max, unit, sided } = FINDINGS[kind];
  return `${kind}${sided ? ":left|right" : ""} (${min} to ${max} ${unit})`;
}
