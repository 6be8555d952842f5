"""All of the bundled models from nothing, in stages: one command, what each stage read and wrote, and their hashes.

uv run python -m penumbra_models.pipeline --adult ADULT --kermany KERMANY [--until STAGE] [--list]

Run from models/. A stage is skipped when its command, its code and the bytes of its inputs and outputs are what runs/pipeline.json
recorded; whatever changed is run again, with all that depends on it. Phantoms and questions come from the lab's own TypeScript (Node 24,
packages installed in the repository root).
"""

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

BLOCK = 1 << 20
VARIANTS = {
    "robust": ("attack", "Penumbra robust", ["--steps", "900", "--seed", "2"]),
    "noise": ("noise", "Penumbra noise", ["--steps", "900", "--rate", "6e-4", "--seed", "2"]),
    "fare-2": ("fare", "Penumbra FARE 2/255", ["--steps", "900", "--epsilon", "2", "--seed", "2"]),
    "fare-4": ("fare", "Penumbra FARE 4/255", ["--steps", "900", "--epsilon", "4", "--seed", "2"]),
    "tecoa-2": ("tecoa", "Penumbra TeCoA 2/255", ["--steps", "900", "--batch", "24", "--rate", "3e-4", "--epsilon", "2", "--seed", "2"]),
    "augmented": ("disturbances", "Penumbra augmented", ["--steps", "900", "--rate", "6e-4", "--seed", "6"]),
    "calm": ("nothing", "Penumbra calm (control)", ["--steps", "900", "--rate", "6e-4", "--seed", "6"]),
    "contrast": ("contrast", "Penumbra contrast", ["--steps", "900", "--rate", "6e-4", "--seed", "6"]),
}
"""Variant: what it is tuned against, its name, and how long."""
PAIR = ("augmented", "calm", "contrast")
"""The variants whose table is docs/encoder-pair.md."""
LANGUAGE = ("noisy-language", "Penumbra noisy language")
"""The variant whose decoder alone is tuned."""
CODE: dict[str, tuple[str, ...]] = {
    "dataset": ("dataset", "../src/phantom", "../src/language"),
    "train": ("penumbra_models/train.py", "penumbra_models/batches.py", "penumbra_models/sampler.py", "penumbra_models/losses.py",
              "penumbra_models/network.py", "penumbra_models/data.py", "penumbra_models/adults.py"),
    "finetune": ("penumbra_models/finetune.py", "penumbra_models/disturb.py", "penumbra_models/losses.py", "penumbra_models/network.py"),
    "language": ("penumbra_models/language.py", "penumbra_models/disturb.py", "penumbra_models/finetune.py", "penumbra_models/losses.py",
                 "penumbra_models/network.py"),
    "export": ("penumbra_models/export.py", "penumbra_models/quantize.py", "penumbra_models/network.py"),
    "gsb": ("penumbra_models/gsb_train.py", "penumbra_models/gsb_networks.py", "penumbra_models/losses.py", "penumbra_models/network.py",
            "penumbra_models/adults.py"),
    "vlm": ("penumbra_models/vlm_features.py", "penumbra_models/vlm_batches.py", "penumbra_models/vlm_dialogues.py", "penumbra_models/vlm_network.py",
            "penumbra_models/vlm_train.py", "penumbra_models/siglip_captions.py", "penumbra_models/siglip_network.py", "penumbra_models/siglip_train.py"),
    "adapters": ("penumbra_models/adapters.py", "penumbra_models/adapter_batches.py", "penumbra_models/adapter_losses.py", "penumbra_models/adapter_watch.py",
                 "penumbra_models/adapter_train.py", "penumbra_models/adapter_pareto.py", "penumbra_models/network.py", "penumbra_models/sampler.py"),
    "bands": ("penumbra_models/bands.py", "penumbra_models/bands_train.py", "penumbra_models/disturb.py", "penumbra_models/finetune.py", "penumbra_models/losses.py",
              "penumbra_models/network.py"),
    "encoder-adapters": ("penumbra_models/encoder_adapters.py", "penumbra_models/encoder_adapter_train.py", "penumbra_models/adapters.py", "penumbra_models/disturb.py",
                         "penumbra_models/finetune.py", "penumbra_models/losses.py", "penumbra_models/network.py"),
    "stages": ("penumbra_models/stages.py", "penumbra_models/vlm_batches.py", "penumbra_models/vlm_dialogues.py", "penumbra_models/vlm_network.py",
               "penumbra_models/vlm_train.py", "penumbra_models/siglip_captions.py", "penumbra_models/siglip_network.py", "penumbra_models/siglip_train.py"),
    "interchange": ("dataset/interchange.ts", "../src/experiment/instruments/causalInterchange.ts"),
    "caption": ("penumbra_models/caption_network.py", "penumbra_models/caption_batches.py", "penumbra_models/caption_train.py", "penumbra_models/vlm_features.py"),
    "evaluate": ("penumbra_models",),
}  # fmt: skip
"""The code whose change makes a stage's result another one."""


@dataclass(frozen=True)
class Stage:
    """One command; inputs and outputs are files or whole folders, relative to models/."""

    name: str
    command: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    code: tuple[str, ...]


def stages(adult: str, kermany: str) -> list[Stage]:
    """In order; each reads only what is there from the start or written before."""

    def node(script: str, *args: str) -> tuple[str, ...]:
        return ("node", "--no-warnings", f"dataset/{script}.ts", *args)

    def module(name: str, *args: str) -> tuple[str, ...]:
        return (sys.executable, "-m", f"penumbra_models.{name}", *args)

    real = ("--adult", adult, "--kermany", kermany)
    pictures = (f"{adult}/index.csv", f"{kermany}/index.csv")
    phantoms = tuple(f"data/train/{name}" for name in ("images.u8", "masks.u8", "cases.jsonl"))
    taught = ("data/questions.jsonl", "data/tokenizer.json", *phantoms, "data/train/answers.jsonl")
    out = [
        Stage("names", node("names", "penumbra_models/names.json"), (), ("penumbra_models/names.json",), CODE["dataset"]),
        Stage("tokenizer", ("cp", "../public/models/base/tokenizer.json", "data/tokenizer.json"),
              ("../public/models/base/tokenizer.json",), ("data/tokenizer.json",), ()),
        Stage("questions", node("questions", "--out", "data/questions.jsonl"), (), ("data/questions.jsonl",), CODE["dataset"]),
        Stage("phantoms", node("render", "--seeds", "1:12001", "--out", "data/train"), (), phantoms, CODE["dataset"]),
        Stage("eval", node("render", "--seeds", "1000000:1002000", "--out", "data/eval"), (), ("data/eval",), CODE["dataset"]),
        Stage("outside", node("outside", "--seeds", "2000000:2000600", "--out", "data/outside"), (), ("data/outside",), CODE["dataset"]),
        Stage("answers", node("questions", "--cases", "data/train/cases.jsonl", "--first", "--out", "data/train/answers.jsonl"),
              ("data/train/cases.jsonl",), ("data/train/answers.jsonl",), CODE["dataset"]),
        Stage("base", module("train", "--data", "data", *real, "--out", "runs/base", "--steps", "12000", "--decay", "3000", "--phantoms", "data/eval"),
              (*taught, *pictures), ("runs/base/checkpoint.pt",), CODE["train"]),
        *(Stage(name, module("finetune", "--init", "runs/base/checkpoint.pt", "--data", "data", *real, "--against", against, "--out", f"runs/{name}", *more),
                (*taught, *pictures, "runs/base/checkpoint.pt"), (f"runs/{name}/checkpoint.pt",), CODE["finetune"])
          for name, (against, _, more) in VARIANTS.items()),
        Stage(LANGUAGE[0], module("language", "--init", "runs/base/checkpoint.pt", "--data", "data", *real, "--out", f"runs/{LANGUAGE[0]}",
                                  "--steps", "1100", "--rate", "1e-3", "--seed", "4"),
              (*taught, *pictures, "runs/base/checkpoint.pt"), (f"runs/{LANGUAGE[0]}/checkpoint.pt",), CODE["language"]),
        Stage("encoder-pair", module("pair_evaluate", "--init", "runs/base/checkpoint.pt", "--tuned", *(f"runs/{name}" for name in PAIR), "--data", "data", "--phantoms", "data/eval",
                                     "--adult", adult, "--out", "../docs/encoder-pair.json", "--table", "../docs/encoder-pair.md"),
              ("runs/base/checkpoint.pt", *(f"runs/{name}/checkpoint.pt" for name in PAIR), "data/eval", "data/questions.jsonl", pictures[0]),
              ("../docs/encoder-pair.json", "../docs/encoder-pair.md"), CODE["evaluate"]),
        Stage("curve", module("curve", "--init", "runs/base/checkpoint.pt", "--adult", adult, "--out", "runs/curve.json"),
              ("runs/base/checkpoint.pt", pictures[0]), ("runs/curve.json",), ("penumbra_models/curve.py", "penumbra_models/network.py", "penumbra_models/adults.py")),
        Stage("realism", module("realism", "data/eval", adult, "--out", "runs/realism.json"), ("data/eval", pictures[0]), ("runs/realism.json",),
              ("penumbra_models/realism.py",)),
    ]  # fmt: skip
    for name, title in (("base", "Penumbra base"), *((n, t) for n, (_, t, _) in VARIANTS.items()), LANGUAGE):
        package = f"runs/packages/{name}"
        graphs = tuple(f"{package}/{role}.{form}.onnx" for role in ("vision", "text", "answer") for form in ("fp16", "int8", "int4"))
        out += [
            Stage(f"export-{name}", module("export", "--checkpoint", f"runs/{name}/checkpoint.pt", "--data", "data", "--id", name, "--name", title,
                                          "--command", "penumbra_models.pipeline", "--out", package),
                  (f"runs/{name}/checkpoint.pt", "data/tokenizer.json"), graphs, CODE["export"]),
            Stage(f"evaluate-{name}", module("evaluate", "--checkpoint", f"runs/{name}/checkpoint.pt", "--package", package, "--data", "data", *real,
                                            "--phantoms", "data/eval", "--outside", "data/outside", "--realism", "runs/realism.json",
                                            *(("--curve", "runs/curve.json") if name == "base" else ()), *(("--beside", "runs/base/checkpoint.pt") if name == LANGUAGE[0] else ())),
                  (f"runs/{name}/checkpoint.pt", *(("runs/base/checkpoint.pt",) if name == LANGUAGE[0] else ()), *graphs, "data/eval", "data/outside", "runs/realism.json", *(("runs/curve.json",) if name == "base" else ()), *pictures),
                  (f"{package}/evaluation.json", f"{package}/card.md"), CODE["evaluate"]),
        ]  # fmt: skip
    mini = language_stages(module, adult, taught) + caption_stages(module, phantoms)
    return out + booster_stages(module, real, (*phantoms, *pictures)) + mini + adapter_stages(module, adult, taught) + bands_stages(module, real, (*taught, *pictures)) + encoder_adapter_stages(module, real, (*taught, *pictures))


def booster_stages(module: Callable[..., tuple[str, ...]], real: tuple[str, ...], taught: tuple[str, ...]) -> list[Stage]:
    """Purifier and mapper for the exported base encoder: two trainings, export, measurement."""
    encoder, package = "runs/packages/base", "runs/packages/purifier"
    trained, graphs = ("runs/purifier/checkpoint.pt", "runs/mapper/checkpoint.pt"), tuple(f"{package}/{r}.int8.onnx" for r in ("purifier", "mapper"))
    weights = tuple(f"{encoder}/{role}.fp16.onnx" for role in ("vision", "text", "answer"))
    common = ("--package", encoder, "--data", "data", *real)
    return [
        Stage("purifier", module("gsb_train", "purifier", *common, "--out", "runs/purifier", "--steps", "6000", "--decay", "1500"),
              (*taught, *weights), (trained[0],), CODE["gsb"]),
        Stage("mapper", module("gsb_train", "mapper", *common, "--purifier", trained[0], "--out", "runs/mapper", "--steps", "2000", "--decay", "800"),
              (*taught, *weights, trained[0]), (trained[1],), CODE["gsb"]),
        Stage("export-purifier", module("gsb_export", "--purifier", trained[0], "--mapper", trained[1], "--encoder", encoder,
                                        "--command", "penumbra_models.pipeline", "--out", package),
              (*trained, *weights), graphs, ("penumbra_models/gsb_export.py", "penumbra_models/gsb_networks.py", "penumbra_models/quantize.py")),
        Stage("evaluate-purifier", module("gsb_evaluate", "--package", package, "--encoder", encoder, "--data", "data", "--phantoms", "data/eval",
                                          *real[:2], "--split", "test"),
              (*graphs, "data/eval", taught[-2]), (f"{package}/evaluation.json", f"{package}/card.md"), CODE["evaluate"]),
    ]  # fmt: skip


THREE_STAGES = tuple(f"runs/stages/{stage}/checkpoint.pt" for stage in ("text", "contrast", "connector", "instruction", "direct"))
"""Checkpoints of the small LLaVA's stages (`stages.STAGES`)."""


def language_stages(module: Callable[..., tuple[str, ...]], adult: str, taught: tuple[str, ...]) -> list[Stage]:
    """The two small vision-language models on the base encoder's tokens; vlm_export and siglip_export need an environment of their own."""
    base, features = "runs/base/checkpoint.pt", "runs/features"
    cached = tuple(f"{features}/{name}" for name in ("train.tokens.f16", "train.masks.u8", "adults.tokens.f16", "watched.tokens.f16", "watched.masks.u8"))
    watched = tuple(f"data/watched/{name}" for name in ("images.u8", "masks.u8", "cases.jsonl", "answers.jsonl"))
    common = ("--base", base, "--data", "data", "--adult", adult, "--features", features, "--validation", "watched")
    node = ("node", "--no-warnings")
    return [
        Stage("watched", (*node, "dataset/render.ts", "--seeds", "1002000:1002200", "--out", "data/watched"), (), watched[:3], CODE["dataset"]),
        Stage("watched-answers", (*node, "dataset/questions.ts", "--cases", watched[2], "--first", "--out", watched[3]), watched[2:3], watched[3:], CODE["dataset"]),
        Stage("features", module("vlm_features", "--checkpoint", base, "--data", "data", "--sets", "train", "--adult", adult, "--out", features),
              (base, *taught, f"{adult}/index.csv"), cached[:3], CODE["vlm"]),
        Stage("watched-features", module("vlm_features", "--checkpoint", base, "--data", "data", "--sets", "watched", "--augmented", "0", "--out", features),
              (base, *watched[:3]), cached[3:], CODE["vlm"]),
        Stage("llava-mini", module("vlm_train", *common, "--out", "runs/llava-mini", "--steps", "1500", "--decay", "500", "--batch", "8", "4"),
              (base, *taught, *watched, *cached), ("runs/llava-mini/checkpoint.pt",), CODE["vlm"]),
        Stage("siglip-mini", module("siglip_train", *common, "--out", "runs/siglip-mini", "--steps", "1500", "--decay", "600"),
              (base, *taught, *watched, *cached), ("runs/siglip-mini/checkpoint.pt",), CODE["vlm"]),
        Stage("three-stage", module("stages", "--base", base, "--data", "data", "--adult", adult, "--features", features, "--out", "runs/stages"),
              (base, *taught, *cached[:3]), THREE_STAGES, CODE["stages"]),
        Stage("three-stage-table", module("stage_measure", "--base", base, "--data", "data", "--adult", adult, "--features", features, "--unseen", "watched",
                                          "--stages", "runs/stages", "--out", "../docs/three-stage.md"),
              (base, *watched, *cached[3:], *THREE_STAGES), ("../docs/three-stage.md", "../docs/three-stage.json"), CODE["evaluate"]),
    ]  # fmt: skip


def adapter_stages(module: Callable[..., tuple[str, ...]], adult: str, taught: tuple[str, ...]) -> list[Stage]:
    """Adapters of the base decoder: where interchange sees the difference between wordings, the weights' trade-off, three adapters, their package."""
    base, features, package, runs = "runs/base/checkpoint.pt", "runs/features", "runs/packages/adapters", "runs/adapters"
    cached = tuple(f"{features}/{name}" for name in ("train.tokens.f16", "train.masks.u8", "adults.tokens.f16", "watched.tokens.f16", "watched.masks.u8"))
    watched = tuple(f"data/watched/{name}" for name in ("cases.jsonl", "answers.jsonl"))
    questions, found, pareto = "data/adapter-questions.jsonl", "runs/interchange.json", f"{runs}/pareto/pareto.json"
    read = (base, questions, *taught[1:], *watched, *cached, f"{adult}/index.csv")
    common = ("--base", base, "--data", "data", "--features", features, "--adult", adult)
    node = ("node", "--no-warnings")
    weights = tuple(f"runs/packages/base/{role}.fp16.onnx" for role in ("vision", "text", "answer"))
    trained = tuple(f"{runs}/{name}/{file}" for name in ("targeted", "early", "all") for file in ("adapter.safetensors", "record.json"))
    return [
        Stage("adapter-questions", (*node, "dataset/questions.ts", "--adapter", "--out", questions), (), (questions,), CODE["dataset"]),
        Stage("interchange", (*node, "dataset/interchange.ts", "--seeds", "7600000:7600006", "--out", found),
              ("../public/models/base/answer.int8.onnx", "../public/models/base/vision.int8.onnx"), (found,), CODE["interchange"]),
        Stage("adapter-pareto", module("adapter_pareto", *common, "--steps", "120", "--out", f"{runs}/pareto"), read, (pareto,), CODE["adapters"]),
        *(Stage(f"adapter-{name}", module("adapter_train", *common, "--layers", name, "--pareto", pareto, "--steps", "360", "--out", f"{runs}/{name}"),
                (*read, pareto), tuple(t for t in trained if f"/{name}/" in t), CODE["adapters"])
          for name in ("targeted", "early", "all")),
        Stage("export-adapters", module("adapter_export", "--adapters", runs, "--base", "runs/packages/base", "--interchange", found,
                                        "--command", "penumbra_models.pipeline", "--out", package),
              (*trained, pareto, found, *weights), (*(f"{package}/{n}.safetensors" for n in ("targeted", "early", "all")), f"{package}/manifest.json", f"{package}/card.md"),
              ("penumbra_models/adapter_export.py", "penumbra_models/adapter_card.py", "penumbra_models/adapters.py")),
    ]  # fmt: skip


def bands_stages(module: Callable[..., tuple[str, ...]], real: tuple[str, ...], taught: tuple[str, ...]) -> list[Stage]:
    """Learned weights of frequency modules in the base encoder, by four ways of teaching; their measurement and package."""
    base, runs, package = "runs/base/checkpoint.pt", "runs/bands", "runs/packages/frequency"
    weights = tuple(f"{runs}/{name}/{file}" for name in BANDS for file in ("bands.safetensors", "record.json"))
    vision = tuple(f"runs/packages/base/{role}.fp16.onnx" for role in ("vision", "text", "answer"))
    return [
        *(Stage(f"bands-{name}", module("bands_train", "--init", base, "--data", "data", *real, "--taught", name, "--out", f"{runs}/{name}"),
                (base, *taught), tuple(w for w in weights if f"/{name}/" in w), CODE["bands"])
          for name in BANDS),
        Stage("evaluate-bands", module("bands_evaluate", "--init", base, "--bands", runs, "--data", "data", "--phantoms", "data/eval", *real[:2]),
              (base, *weights, "data/eval", taught[-2]), (f"{runs}/evaluation.json",), CODE["evaluate"]),
        Stage("export-bands", module("bands_export", "--bands", runs, "--base", "runs/packages/base", "--command", "penumbra_models.pipeline", "--out", package),
              (*weights, f"{runs}/evaluation.json", *vision), (*(f"{package}/{name}.safetensors" for name in BANDS), f"{package}/manifest.json", f"{package}/card.md"),
              ("penumbra_models/bands.py", "penumbra_models/bands_export.py", "penumbra_models/bands_card.py")),
    ]  # fmt: skip


def encoder_adapter_stages(module: Callable[..., tuple[str, ...]], real: tuple[str, ...], taught: tuple[str, ...]) -> list[Stage]:
    """Low-rank adapters of the base encoder with and without heavy augmentation, and by contrast; their table and package."""
    base, runs, package = "runs/base/checkpoint.pt", "runs/encoder-adapters", "runs/packages/encoder-adapters"
    trained = tuple(f"{runs}/{name}/{file}" for name in PAIR for file in ("adapter.safetensors", "record.json"))
    table = ("../docs/encoder-adapters.json", "../docs/encoder-adapters.md")
    weights = tuple(f"runs/packages/base/{role}.fp16.onnx" for role in ("vision", "text", "answer"))
    return [
        *(Stage(f"encoder-adapter-{name}", module("encoder_adapter_train", "--init", base, "--data", "data", *real, "--kind", name, "--out", f"{runs}/{name}"),
                (base, *taught), tuple(t for t in trained if f"/{name}/" in t), CODE["encoder-adapters"])
          for name in PAIR),
        Stage("evaluate-encoder-adapters", module("pair_evaluate", "--init", base, "--tuned", *(f"{runs}/{name}" for name in PAIR), "--data", "data", "--phantoms", "data/eval",
                                                  *real[:2], "--out", table[0], "--table", table[1]),
              (base, *trained, "data/eval", taught[-2]), table, CODE["evaluate"]),
        Stage("export-encoder-adapters", module("encoder_adapter_export", "--adapters", runs, "--base", "runs/packages/base", "--measured", table[0],
                                                "--command", "penumbra_models.pipeline", "--out", package),
              (*trained, table[0], *weights), (*(f"{package}/{name}.safetensors" for name in PAIR), f"{package}/manifest.json", f"{package}/card.md"),
              ("penumbra_models/encoder_adapters.py", "penumbra_models/encoder_adapter_export.py", "penumbra_models/encoder_adapter_card.py")),
    ]  # fmt: skip


BANDS = ("disturbed", "calm", "contrast", "picture")
"""Ways of teaching frequency modules (`bands_train.TAUGHT`)."""
CAPTIONERS = ("none", "decoder", "encoder", "full", "cross", "late")
"""Kinds of adversarial training from one captioner, at equal steps (`caption_train.TRAINED`)."""


def caption_stages(module: Callable[..., tuple[str, ...]], phantoms: tuple[str, ...]) -> list[Stage]:
    """The captioner on the base encoder's tokens, then its kinds of adversarial training; caption_export needs an environment of its own."""
    base, features, start = "runs/base/checkpoint.pt", "runs/features", "runs/caption-start/checkpoint.pt"
    taught = (phantoms[0], phantoms[2], "data/tokenizer.json")
    return [
        Stage("caption-start", module("caption_train", "start", "--base", base, "--data", "data", "--features", features, "--out", "runs/caption-start"),
              (base, *taught, f"{features}/train.tokens.f16"), (start,), CODE["caption"]),
        *(Stage(f"caption-{trained}", module("caption_train", "tune", "--start", start, "--trained", trained, "--data", "data", "--out", f"runs/caption-{trained}"),
                (start, *taught), (f"runs/caption-{trained}/checkpoint.pt",), CODE["caption"])
          for trained in CAPTIONERS),
    ]  # fmt: skip


def digest(path: Path) -> str | None:
    """SHA-256 of a file, or of the names and digests of a folder's files; None where there is nothing."""
    if path.is_dir():
        whole = hashlib.sha256()
        for member in sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            whole.update(f"{member.relative_to(path)} {digest(member)}\n".encode())
        return whole.hexdigest()
    if not path.is_file():
        return None
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            total.update(block)
    return total.hexdigest()


def hashes(root: Path, paths: Sequence[str]) -> dict[str, str | None]:
    return {path: digest(root / path) for path in paths}


class Pipeline:
    """Runs stages in a folder and keeps their record in runs/pipeline.json."""

    def __init__(self, root: Path, run: Callable[[Stage, Path], None]) -> None:
        self.root, self.run_stage = root, run
        self.file = root / "runs/pipeline.json"
        self.record: dict[str, dict] = json.loads(self.file.read_text()) if self.file.exists() else {}

    def is_done(self, stage: Stage) -> bool:
        """Whether the record says that this very stage made the outputs that are there from the inputs that are there."""
        old = self.record.get(stage.name)
        return (
            old is not None
            and old["command"] == list(stage.command)
            and old["code"] == hashes(self.root, stage.code)
            and old["inputs"] == hashes(self.root, stage.inputs)
            and old["outputs"] == hashes(self.root, stage.outputs)
        )

    def execute(self, stage: Stage) -> bool:
        """Runs a stage unless it is done; True if it ran. Inputs must be there before, outputs after."""
        if self.is_done(stage):
            return False
        inputs = hashes(self.root, stage.inputs)
        if missing := [path for path, value in inputs.items() if value is None]:
            raise FileNotFoundError(f"Stage {stage.name} reads {', '.join(missing)}, which is not there.")
        for path in stage.outputs:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        began = time.time()
        self.run_stage(stage, self.root)
        outputs = hashes(self.root, stage.outputs)
        if missing := [path for path, value in outputs.items() if value is None]:
            raise FileNotFoundError(f"Stage {stage.name} ended without writing {', '.join(missing)}.")
        self.record[stage.name] = {
            "command": list(stage.command), "code": hashes(self.root, stage.code), "inputs": inputs, "outputs": outputs,
            "seconds": round(time.time() - began),
        }  # fmt: skip
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.record, indent=1) + "\n")
        return True


def run_command(stage: Stage, root: Path) -> None:
    subprocess.run(stage.command, cwd=root, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adult", required=True, help="folder of adult films with index.csv")
    parser.add_argument("--kermany", required=True, help="folder of the children's films with index.csv")
    parser.add_argument("--until", help="last stage to run")
    parser.add_argument("--list", action="store_true", help="only say what would be run")
    args = parser.parse_args()
    every = stages(args.adult, args.kermany)
    if args.until and args.until not in {s.name for s in every}:
        parser.error(f"no stage {args.until}; there are {', '.join(s.name for s in every)}")
    pipeline = Pipeline(Path.cwd(), run_command)
    for stage in every:
        if args.list:
            print(f"{'done' if pipeline.is_done(stage) else 'to run':7} {stage.name}: {' '.join(stage.command)}")
        else:
            print(f"{stage.name}: {'ran' if pipeline.execute(stage) else 'unchanged'}", flush=True)
        if stage.name == args.until:
            break


if __name__ == "__main__":
    main()
