"""Prints what src/attacks/smallest.test.ts is held against: Foolbox's Carlini & Wagner and AutoAttack's FAB on a small network.

    pip install foolbox jax torch; a clone of fra31/auto-attack on PYTHONPATH
    python golden/smallest_changes.py
"""

import foolbox
import jax.numpy as jnp
import numpy as np
import torch
from autoattack.fab_projections import projection_l2, projection_linf
from autoattack.fab_pt import FABAttack_PT

PIXELS, HIDDEN, ANSWERS = 12, 7, 3
FIRST = 1.5 * np.array([[np.sin(1.3 * i + 2.1 * j + 0.4) for j in range(HIDDEN)] for i in range(PIXELS)])
SECOND = 2 * np.array([[np.sin(2.7 * j + 1.9 * k + 0.8) for k in range(ANSWERS)] for j in range(HIDDEN)])
PICTURE = np.array([[0.5 + 0.25 * np.sin(1.1 * i + 0.3) for i in range(PIXELS)]], dtype=np.float32)
NORMAL = np.array([[np.cos(1.7 * i + 0.2) for i in range(PIXELS)]], dtype=np.float32)


class Network(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second = torch.tensor(FIRST, dtype=x.dtype), torch.tensor(SECOND, dtype=x.dtype)
        return torch.tanh((x.reshape(len(x), -1) - 0.5) @ first) @ second


def main() -> None:
    def network(x: jnp.ndarray) -> jnp.ndarray:
        return jnp.tanh((x - 0.5) @ jnp.asarray(FIRST)) @ jnp.asarray(SECOND)

    answer = np.asarray(network(jnp.asarray(PICTURE))).argmax(1)
    for searches, steps, first in [(5, 40, 0.1), (9, 100, 0.001)]:
        attack = foolbox.attacks.L2CarliniWagnerAttack(
            binary_search_steps=searches, steps=steps, stepsize=0.01, initial_const=first, abort_early=False
        )
        found, _, _ = attack(
            foolbox.JAXModel(network, bounds=(0, 1)), jnp.asarray(PICTURE), jnp.asarray(answer), epsilons=None
        )
        print("carlini-wagner", searches, steps, np.linalg.norm(np.asarray(found) - PICTURE), np.round(found[0], 5))
    x, w = torch.tensor(PICTURE), torch.tensor(NORMAL)
    for offset in [0.9, -0.8, 2.2]:
        at = torch.tensor([offset])
        print("linf", offset, np.round((x + projection_linf(x, w, at)).numpy()[0], 5).tolist())
        print("l2", offset, np.round((x + projection_l2(x, w, at)).numpy()[0], 5).tolist())
    for norm in ["Linf", "L2"]:
        attack = FABAttack_PT(Network(), norm=norm, n_iter=100, n_restarts=1, eps=1.0, seed=0, device="cpu")
        attack.targeted = False
        change = attack.perturb(x, torch.tensor(answer)) - x
        print("fab", norm, float(change.abs().max()), float(change.norm()))


if __name__ == "__main__":
    main()
