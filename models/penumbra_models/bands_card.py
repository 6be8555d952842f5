"""card.md of the learned frequency modules, out of what evaluation.json holds."""

from .card import NOTICE

TITLES = {"disturbed": "disturbed pictures", "picture": "those, by picture", "contrast": "contrast alone", "calm": "calm pictures (control)"}
COLLAPSED = 0.5
"""Share of the bare encoder's effective rank below which embeddings count as collapsed."""


def bands_card(manifest: dict, e: dict) -> list[str]:
    """The card, line by line."""
    trained, behind = e["trained"], manifest["encoder"]
    one = trained["disturbed"]
    return [
        f"# {manifest['name']}", "", manifest["description"], "", NOTICE, "",
        "Behind each self-attention of the image encoder, what it mixes, X, is split over the 16 x 16 tokens into a slow part, LP (at most",
        f"{manifest['radius']} periods across the picture), and a fast one, and becomes X + s LP(X) + t (X - LP(X)): one s and one t for each of 128 channels of",
        f"{len(e['gains']['disturbed'])} layers, from zero. Everything else of `{behind['package']}` version {behind['version']} stays as it is: the page puts the modules into the graph as it",
        "is shipped, times the slider; at 0 the model is itself. The form is that of the project's source on noise (\"FM-ViT\"; the paper was not identified).", "",
        "## Taught", "",
        f"Each from zero on the same pictures, {one['steps']} steps of {one['batch']} (phantoms, adults, children; train splits), seed {one['seed']}:", "",
        "| taught by | what was asked of it | numbers |", "| --- | --- | --- |",
        f"| {TITLES['disturbed']} | noise, dose, blur or grid lines on three of four pictures; the features of the calm picture, and right answers | {one['parameters']:,} |",
        f"| {TITLES['picture']} | the same; a picture's wavelet statistics (Haar, two levels, mean and log-variance of three bands) add to all s and t of a layer | {trained['picture']['parameters']:,} |",
        f"| {TITLES['contrast']} | no answer: a picture is told from others by its disturbed copy (InfoNCE, temperature .07) | {trained['contrast']['parameters']:,} |",
        f"| {TITLES['calm']} | the first without any disturbance | {trained['calm']['parameters']:,} |", "",
        "The first and the last are the pair with and without heavy augmentation, everything else equal. As whole encoders the pair shows more: docs/encoder-pair.md.", "",
        "Mean of the learned s and t, by layer:", "",
        "| taught by | " + " | ".join(f"layer {i + 1}" for i in range(len(e["gains"]["disturbed"]))) + " |",
        "| --- |" + " --- |" * len(e["gains"]["disturbed"]),
        *(f"| {TITLES[n]} | " + " | ".join(f"{g['low']:+.3f}, {g['high']:+.3f}" for g in e["gains"][n]) + " |" for n in TITLES), "",
        "## Under natural disturbances", "",
        f"Mean AUC over findings, plain wordings, float weights; {e['phantoms']} phantoms that nothing was trained on (12 findings)"
        + (f", and {e['adults']} test films of adults within NIH ChestX-ray14 (9 questions)." if e["adults"] else ". What the weights do to a real film was not measured."),
        "In brackets the gain over the bare model with its 95 % bootstrap interval over pictures. Strength is a share of the largest (noise: sigma 0.25;",
        "blur: 3 pixels; grid lines: amplitude 0.4; motion: 15 pixels). Motion was never trained on.", "",
        "| pictures | disturbance | bare | " + " | ".join(TITLES.values()) + " |", "| --- | --- | --- |" + " --- |" * len(TITLES),
        *(_row(r) for r in e["rows"]), "",
        "The same phantoms, balanced accuracy at margin 0, and cosine of the embedding to the bare model's of the calm picture:", "",
        "| disturbance | bare | " + " | ".join(TITLES.values()) + " |", "| --- | --- |" + " --- |" * len(TITLES),
        *(_second(r) for r in e["rows"] if r["group"] == "phantoms"), "",
        *_verdict(e), "",
        "## Collapse", "",
        *(line for title, key in (("calm pictures", "collapse"), ("adults", "collapseAdults")) if key in e for line in _spread(title, e[key])),
        "## What it cannot do", "",
        "It knows no attack: whoever attacks the model with the modules in it uses their slope, and nothing here says that this is harder. It does not mend what the base model cannot",
        "see: a finding at chance on adults stays there. The weights are of one encoder and one cut-off, and were taught for minutes, not for days. The learning rate was",
        "raised once after a first run had moved little on 60 of these 80 phantoms: the rate, and no weight, was chosen on pictures that this card reports on.",
    ]  # fmt: skip


def _row(r: dict) -> str:
    cells = [f"{r[n]['auc']:.3f} ({r[n]['gain']:+.3f}: {r[n]['low']:+.3f} to {r[n]['high']:+.3f})" for n in TITLES]
    return f"| {r['group']} | {_name(r)} | {r['bare']['auc']:.3f} | " + " | ".join(cells) + " |"


def _second(r: dict) -> str:
    return f"| {_name(r)} | " + " | ".join(f"{r[n]['balanced']:.3f}, {r[n]['cosine']:.3f}" for n in ("bare", *TITLES)) + " |"


def _name(r: dict) -> str:
    strength = f" {r['strength']:.1f}" if r["strength"] else ""
    return f"{r['disturbance']}{strength}{' (held out)' if r['heldOut'] else ''}"


def _verdict(e: dict) -> list[str]:
    """What the intervals say of each set of weights, nothing rounded in its favour."""
    out = []
    for name, title in TITLES.items():
        better = [f"{r['group']}, {_name(r)}" for r in e["rows"] if r[name]["low"] > 0]
        worse = [f"{r['group']}, {_name(r)}" for r in e["rows"] if r[name]["high"] < 0]
        out.append(f"- {title}: better than the bare model on {_list(better)}; worse on {_list(worse)}; on the other {len(e['rows']) - len(better) - len(worse)} of {len(e['rows'])} the interval holds zero.")
    return out


def _list(names: list[str]) -> str:
    return "; ".join(names) if names else "none"


def _spread(title: str, collapse: dict) -> list[str]:
    return [
        f"Embeddings of the {title}: mean cosine between different ones, and effective rank (1 is a line).", "",
        "| taught by | mean cosine | effective rank |", "| --- | --- | --- |",
        *(f"| {TITLES.get(n, 'bare')} | {c['meanCosine']:.3f} | {c['rank']:.1f} |" for n, c in collapse.items()), "",
        _collapse(collapse), "",
    ]  # fmt: skip


def _collapse(collapse: dict) -> str:
    bare = collapse["bare"]["rank"]
    fallen = [TITLES[n] for n in TITLES if collapse[n]["rank"] < COLLAPSED * bare]
    return f"Collapsed (effective rank under half of the bare encoder's): {_list(fallen)}."
