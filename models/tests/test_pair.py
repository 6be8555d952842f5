"""The page of a pair of encoders says what was measured, and every model beside the first with its interval."""

import numpy as np
import torch

from penumbra_models.bands_evaluate import Measured, compared
from penumbra_models.pair_evaluate import page


def test_page_tells_gain_and_interval_of_every_tuned_encoder() -> None:
    rng = np.random.default_rng(1)
    truth = (rng.random((60, 2)) > 0.5).astype(float)
    calm = torch.nn.functional.normalize(torch.randn(60, 4, generator=torch.Generator().manual_seed(1)), dim=-1)
    blind = Measured(rng.normal(size=truth.shape), calm)
    seeing = Measured(truth + 0.1 * rng.normal(size=truth.shape), calm)
    row = {"group": "phantoms", "disturbance": "noise", "strength": 0.4, "heldOut": False}
    row |= {"bare": compared(blind, blind, calm, truth) | {"steady": 1.0}, "augmented": compared(seeing, blind, calm, truth) | {"steady": 0.9}}
    told = page({"phantoms": 60, "adults": 0, "rows": [row], "collapse": {n: {"meanCosine": 0.5, "rank": 3.0} for n in ("bare", "augmented")}})
    line = next(line for line in told.splitlines() if line.startswith("| phantoms | noise | 0.4 |"))
    assert line.endswith("| 1.000 (" + f"{1 - row['bare']['auc']:+.3f}, {row['augmented']['low']:+.3f} to {row['augmented']['high']:+.3f}) |")
    assert row["augmented"]["low"] > 0.3
