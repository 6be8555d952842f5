"""card.md of the encoder's adapters, out of what evaluation.json holds."""

from .bands_card import COLLAPSED
from .card import NOTICE
from .pair_evaluate import tables, verdicts

ASKED = {
    "augmented": "noise, dose, blur or grid lines on about three of four pictures; the features of the calm picture, and right answers",
    "calm": "the same without any disturbance: the control of the first, everything else equal",
    "contrast": "no answer: a picture is told from others by its disturbed copy (InfoNCE, temperature .07), while its calm features stay the unchanged encoder's",
}


def encoder_adapter_card(manifest: dict, e: dict) -> list[str]:
    """The card, line by line."""
    trained, behind = e["trained"], manifest["encoder"]
    return [
        f"# {manifest['name']}", "", manifest["description"], "", NOTICE, "",
        f"Every linear layer of the encoder's five attention blocks but the keys (query, value, out, and the perceptron's two) becomes W + scale * {manifest['alpha'] / manifest['rank']:g} B A, rank",
        f"{manifest['rank']}, in float16. Everything else of `{behind['package']}` version {behind['version']}, the convolutions before the blocks included, stays as it is; the page puts the adapters beside",
        "the weights as they are shipped, in every precision, times the slider; at 0 the model is itself.", "",
        "## Trained", "",
        "Each from zero on the same pictures (phantoms, adults, children; train splits), dropout .05, averaged weights:", "",
        "| kind | what was asked of it | steps | batch | rate | seed | numbers |", "| --- | --- | --- | --- | --- | --- | --- |",
        *(f"| {n} | {asked} | {trained[n]['steps']} | {trained[n]['batch']} | {trained[n]['rate']:g} | {trained[n]['seed']} | {trained[n]['parameters']:,} |"
          for n, asked in ASKED.items()), "",
        "## Measured", "", *tables(e), "",
        "What the intervals say:", "", *verdicts(e), "",
        *_collapse(e["collapse"]), "",
        *_tried(e.get("tried")),
        "## What it cannot do", "",
        "It knows no attack: whoever attacks the model with the adapter in it uses its slope, and nothing here says that this is harder. It does not mend what the base model cannot",
        "see: a finding at chance on adults stays there. The measurements are of the float weights. docs/encoder-pair.md has whole encoders tuned in the same ways (by contrast without",
        "the features kept), which are not bundled and gain more under noise. The adapters were trained for minutes of one processor, with one seed each.",
    ]  # fmt: skip


def _collapse(collapse: dict) -> list[str]:
    bare = collapse["bare"]["rank"]
    fallen = [n for n, seen in collapse.items() if seen["rank"] < COLLAPSED * bare]
    return [f"Collapsed (effective rank under half of the bare encoder's): {', '.join(fallen) or 'none'}."]


def _tried(record: dict | None) -> list[str]:
    """An adapter for adult films that was trained and left out."""
    if not record:
        return []
    seen = record["validation"]
    cut = f", planned for {record['planned']} steps and stopped after {record['steps']}" if "planned" in record else ""
    areas = "; ".join(f"{each['auc']:.4f} after {each['step']} steps" for each in seen["watched"])
    return [
        "## Tried and not bundled: adult films", "",
        f"The same adapter on adult films (answers alone; {record['batch']} pictures a step, rate {record['rate']:g}, seed {record['seed']}{cut}): mean AUC over the adults' goals on the {seen['films']} films of",
        f"NIH's validation split {areas}, against {seen['bare']:.4f} of the bare encoder. It was to be bundled only if it gained there, and so small a difference on so few films is no gain. Its test films were not looked at.", "",
    ]  # fmt: skip
