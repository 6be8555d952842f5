"""The two networks of the Gaussian smoothness booster (arXiv 2601.16200): a purifier before a frozen encoder, a mapper after it.

Both know the noise level sigma (FiLM, Perez et al. 2018) and are the identity, to the bit, where sigma is zero: what they learn
is multiplied by a factor that is zero there. The encoder and the decoder keep their weights.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .names import GRID
from .network import Attention, Mlp, Vision


class Level(nn.Module):
    """What the noise level [B] or [1] says, as features [B or 1, width]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, width), nn.Linear(width, width)

    def forward(self, sigma: Tensor) -> Tensor:
        s = sigma[:, None]
        known = torch.cat([2 * s, 0.25 * torch.log(100 * s + 1), 10 * s / (10 * s + 1)], dim=1)
        return F.relu(self.second(F.relu(self.first(known))))


class Film(nn.Module):
    """Scale and shift of `channels` by the noise level's features; neither at first."""

    def __init__(self, level: int, channels: int) -> None:
        super().__init__()
        self.both = nn.Linear(level, 2 * channels)
        nn.init.zeros_(self.both.weight)
        nn.init.zeros_(self.both.bias)

    def maps(self, x: Tensor, level: Tensor) -> Tensor:
        """Of maps [B, C, H, W]."""
        scale, shift = self.both(level)[:, :, None, None].chunk(2, dim=1)
        return x * (1 + scale) + shift

    def rows(self, x: Tensor, level: Tensor) -> Tensor:
        """Of rows [B, N, C]."""
        scale, shift = self.both(level)[:, None].chunk(2, dim=2)
        return x * (1 + scale) + shift


class Residual(nn.Module):
    """Two 3x3 convolutions with the noise level between them, added to what came in."""

    def __init__(self, channels: int, level: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(channels, channels, 3, padding=1), nn.Conv2d(channels, channels, 3, padding=1)
        self.film = Film(level, channels)
        with torch.no_grad():
            self.conv2.weight.mul_(0.2)

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        return x + self.conv2(F.relu(self.film.maps(self.conv1(x), level)))


def residuals(channels: int, level: int, count: int) -> nn.ModuleList:
    return nn.ModuleList(Residual(channels, level) for _ in range(count))


class Purifier(nn.Module):
    """A U-Net over 56, 28 and 14 pixels: image [B, 1, 224, 224] in [0, 1] and sigma [1] or [B] to the image without the noise.

    What is learned is the noise in units of sigma; the answer is not clipped, so that gradients pass everywhere.
    """

    def __init__(self, channels: tuple[int, int, int] = (48, 80, 112), blocks: int = 2, level: int = 32) -> None:
        super().__init__()
        fine, middle, coarse = channels
        self.level = Level(level)
        self.enter = nn.Conv2d(1, fine, 8, stride=4, padding=2)
        self.fine1 = residuals(fine, level, blocks)
        self.down1 = nn.Conv2d(fine, middle, 2, stride=2)
        self.middle1 = residuals(middle, level, blocks)
        self.down2 = nn.Conv2d(middle, coarse, 2, stride=2)
        self.coarse = residuals(coarse, level, blocks)
        self.up2 = nn.Conv2d(coarse, 4 * middle, 1)
        self.middle2 = residuals(middle, level, blocks)
        self.up1 = nn.Conv2d(middle, 4 * fine, 1)
        self.fine2 = residuals(fine, level, blocks)
        self.leave = nn.Conv2d(fine, 16, 3, padding=1)
        for parameter in self.leave.parameters():
            nn.init.zeros_(parameter)

    def forward(self, image: Tensor, sigma: Tensor) -> Tensor:
        return image + sigma[:, None, None, None] * self.noise(image, sigma)

    def noise(self, image: Tensor, sigma: Tensor) -> Tensor:
        """What is to be added, in units of sigma."""
        level = self.level(sigma)

        def through(blocks: nn.ModuleList, x: Tensor) -> Tensor:
            for block in blocks:
                x = block(x, level)
            return x

        fine = through(self.fine1, self.enter((image - 0.5) * 4.0))
        middle = through(self.middle1, self.down1(fine))
        coarse = through(self.coarse, self.down2(middle))
        middle = through(self.middle2, middle + F.pixel_shuffle(self.up2(coarse), 2))
        fine = through(self.fine2, fine + F.pixel_shuffle(self.up1(middle), 2))
        return F.pixel_shuffle(self.leave(fine), 4).float()


class MapperBlock(nn.Module):
    """Neighbours (depthwise convolution), the whole grid (attention) and each token (perceptron); FiLM before the last two."""

    def __init__(self, width: int, heads: int, level: int) -> None:
        super().__init__()
        self.local = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.norm1, self.film1, self.attention = nn.LayerNorm(width), Film(level, width), Attention(width, heads)
        self.norm2, self.film2, self.mlp = nn.LayerNorm(width), Film(level, width), Mlp(width)

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        grid = x.reshape(x.shape[0], GRID, GRID, x.shape[2]).permute(0, 3, 1, 2)
        x = x + self.local(grid).permute(0, 2, 3, 1).reshape(x.shape)
        normed = self.film1.rows(self.norm1(x), level)
        x = x + self.attention(normed, normed)
        return x + self.mlp(self.film2.rows(self.norm2(x), level))


class Mapper(nn.Module):
    """Tokens [B, 256, D], embedding [B, E] and sigma [1] or [B] to both as they would be without the noise.

    The encoder's own pooling, frozen, makes the embedding of the tokens: what the decoder reads and what the certificate reads
    stay one and the same. A small branch corrects the pooled feature.
    """

    def __init__(self, width: int = 128, embedding: int = 128, heads: int = 4, depth: int = 2, level: int = 32) -> None:
        super().__init__()
        self.level = Level(level)
        self.blocks = nn.ModuleList(MapperBlock(width, heads, level) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, width)
        self.pool, self.project = nn.Linear(width, 1), nn.Linear(width, embedding)
        for frozen in (self.pool, self.project):
            frozen.requires_grad_(False)
        self.film = Film(level, embedding)
        self.branch, self.correct = nn.Linear(embedding, 2 * embedding), nn.Linear(2 * embedding, embedding)
        for last in (self.leave, self.correct):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def take_head(self, vision: Vision) -> None:
        """The pooling of the encoder that this mapper stands behind."""
        self.pool.load_state_dict(vision.pool.state_dict())
        self.project.load_state_dict(vision.project.state_dict())

    def pooled(self, tokens: Tensor) -> Tensor:
        weights = torch.exp(self.pool(tokens).clamp(-8, 8))
        return self.project((tokens * weights).sum(dim=1) / weights.sum(dim=1))

    def forward(self, tokens: Tensor, embedding: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        level, strength = self.level(sigma), (sigma / (sigma + 0.1))[:, None]
        x = tokens
        for block in self.blocks:
            x = block(x, level)
        mapped = tokens + strength[:, None] * self.leave(self.norm(x)).float()
        before, after = self.pooled(tokens).float(), self.pooled(mapped).float()
        hidden = F.relu(self.branch(self.film.rows(unit(after)[:, None], level)[:, 0]))
        after = after + strength * self.correct(hidden).float()
        # The difference is zero to the bit where the tokens are unchanged; elsewhere this is `after` at length one.
        return mapped, embedding + (unit(after) - unit(before))


def unit(feature: Tensor) -> Tensor:
    """Rows at length one, as the encoder makes them."""
    return feature * torch.rsqrt((feature * feature).sum(dim=-1, keepdim=True) + 1e-12)
