"""card.md of the adapters, out of what evaluation.json holds."""

from .card import NOTICE

TITLES = {"targeted": "targeted", "early": "early (control)", "all": "all (control)"}


def adapter_card(manifest: dict, evaluation: dict) -> list[str]:
    """The card, line by line."""
    found, pareto, records = evaluation["interchange"], evaluation["pareto"], evaluation["adapters"]
    before, weights = records["targeted"]["before"], records["targeted"]["weights"]
    return [
        f"# {manifest['name']}", "", manifest["description"], "", NOTICE, "",
        f"Rank {manifest['rank']}, alpha {manifest['alpha']:g}, dropout {manifest['dropout']:g} (Hu et al. 2021), on the decoder of `{manifest['answer']['package']}` version",
        f"{manifest['answer']['version']} and of every variant whose answering graph is that one byte for byte. Encoder and decoder stay as they are: the page adds the adapters",
        "to the graph as it is shipped, times the slider; at 0 the model is itself. The numbers of this card are PyTorch's, by float weights;",
        "those of the graphs as shipped are in docs/studies/wording-by-adapter.md.", "",
        "## Where", "",
        f"Causal interchange between the plain wording and the one whose margin differs most, {found['cases']} questions about {found['seeds'][1] - found['seeds'][0]} phantoms, {found['meanDifference']:.2f} logits apart on average. The share of that",
        "difference that each of the decoder's attentions carries, at the answering position alone:", "",
        "| attention | queries | values | output | heads 1 to 4 | adapters |", "| --- | --- | --- | --- | --- | --- |",
        *(_carried(row, manifest["layers"]) for row in found["shares"]), "",
        "`targeted` is on the two whose queries and values carry most, those to the picture. Of these the values come from the picture alone, so that between wordings they carry",
        "nothing by their make. The output of the first attention among the words carries more than either; its queries and values do not.", "",
        "## What is gained", "",
        f"On {len(evaluation['adapters'])} adapters trained alike (task {weights['task']:g}, consistency {weights['consistency']:g}, attention {weights['attention']:g}; {records['targeted']['steps']} steps), unseen phantoms, yes/no questions about every finding.",
        "A flip is an answer about the finding that differs from the plain wording's. Wordings of the bank that nothing was trained on or chosen by are",
        "`held out`; those that only the adapters heard `taught`; a quarter of these was kept for choosing.", "",
        "| adapter | parameters | flips, held out | flips, kept for choosing | flips, taught | flips, base's own wordings | right, held out | right, plain | says yes | SSIM of the map, held out |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        _gained("none", None, before), *(_gained(TITLES[n], r["parameters"], r["after"]) for n, r in records.items()), "",
        f"Held out: {before['heldOut']['n']} answers; kept for choosing {before['choosing']['n']}; taught {before['adapter']['n']}; plain {before['plain']['n']}, of which {before['plain']['isThere']:.2f} should say yes.", "",
        *_verdict(records), "",
        "## Weights", "",
        f"The `{pareto['layers']}` adapter under several weights, {pareto['steps']} steps each. Collapsed: the share of yes moved by more than .15. On the front: no other setting is as good in",
        "accuracy, flips and likeness of the map and better in one. Chosen: of those that did not collapse and cost at most .01 of accuracy, the fewest flips.", "",
        "| task | consistency | attention | right, plain | says yes | flips, kept for choosing | SSIM | flips, held out | collapsed | on the front | chosen |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_setting(s, pareto["chosen"]) for s in pareto["settings"]), "",
        "As the source reports (arXiv:2603.00148), consistency alone ends in one answer to nearly everything, and so does a steady map alone, quicker.", "",
        "## What it cannot do", "",
        "The adapters were taught wordings of presence questions about phantoms and adult films and nothing else. They know no attack and change no feature of the picture.",
        "A wording of another kind may be answered worse than without them: the table says of which kinds that is so here.",
    ]  # fmt: skip


def _carried(row: dict, layers: dict[str, list[str]]) -> str:
    s = row["shares"]
    names = {"targetedAdapter": "targeted", "earlyAdapter": "early", "allAdapter": "all"}
    on = ", ".join(names[role] for role, places in layers.items() if row["place"] in places)
    heads = ", ".join(f"{s[f'head {k}']:.2f}" for k in range(1, 5))
    return f"| {row['place']} | {s['query']:.2f} | {s['value']:.2f} | {s['output']:.2f} | {heads} | {on} |"


def _gained(name: str, parameters: int | None, w: dict) -> str:
    size = "" if parameters is None else f"{parameters:,}"
    flips = " | ".join(f"{w[group]['flips']:.3f}" for group in ("heldOut", "choosing", "adapter", "trained"))
    return f"| {name} | {size} | {flips} | {w['heldOut']['accuracy']:.3f} | {w['plain']['accuracy']:.3f} | {w['plain']['saysYes']:.3f} | {w['heldOut']['ssim']:.3f} |"


def _setting(s: dict, chosen: dict | None) -> str:
    w, after = s["weights"], s["after"]
    marks = " | ".join("yes" if mark else "" for mark in (s["collapsed"], s["onFront"], w == chosen))
    return (
        f"| {w['task']:g} | {w['consistency']:g} | {w['attention']:g} | {s['accuracy']:.3f} | {after['plain']['saysYes']:.3f} | {s['flips']:.3f} | {s['ssim']:.3f} | "
        f"{after['heldOut']['flips']:.3f} | {marks} |"
    )


def _verdict(records: dict) -> list[str]:
    """What the source claims, and whether it holds here: said by the numbers."""
    held = {name: r["after"]["heldOut"]["flips"] - r["before"]["heldOut"]["flips"] for name, r in records.items()}
    taught = {name: r["after"]["choosing"]["flips"] - r["before"]["choosing"]["flips"] for name, r in records.items()}
    best = min(held, key=lambda name: held[name])
    gains = held["targeted"] < -0.01
    return [
        "The source expects fewer flips from the layers that interchange names. "
        + ("They are fewer here" if gains else "That does not hold here")
        + f": on held-out wordings the share changes by {held['targeted']:+.3f} with `targeted`, {held['early']:+.3f} with `early`, {held['all']:+.3f} with `all`; on wordings kept for choosing, "
        f"which are of the taught kinds, by {taught['targeted']:+.3f}, {taught['early']:+.3f} and {taught['all']:+.3f}. "
        + (f"Least is left with `{best}`" if held[best] < 0 else "None is below the model without an adapter")
        + ("; a follow-up of the source (arXiv:2603.00148) found the early layers ahead of the chosen ones, too." if best != "targeted" and held[best] < 0 else "."),
    ]  # fmt: skip
