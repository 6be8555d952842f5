"""Small TIFF files and what Pillow reads from them: src/io/tiffGoldens.json.

Run from models/: uv run python golden/tiff_files.py > ../src/io/tiffGoldens.json
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sys
from typing import Any

import numpy as np
from PIL import Image, ImageOps

ROWS, COLS = 11, 17
ORIENTATION = 274
ROWS_PER_STRIP = 278
PHOTOMETRIC = 262
PREDICTOR = 317


def ramp(levels: int, shift: int = 0) -> np.ndarray:
    """A picture whose neighbours differ in both bytes of a value."""
    values = np.arange(ROWS * COLS).reshape(ROWS, COLS)
    return (values * 389 + values**2 * 7 + shift) % levels


def saved(pictures: list[Image.Image], **options: Any) -> bytes:
    out = io.BytesIO()
    first, *rest = pictures
    first.save(out, format="TIFF", save_all=bool(rest), append_images=rest, **options)
    return out.getvalue()


def grey(bits: int, shift: int = 0, *, big: bool = False) -> Image.Image:
    if bits == 8:
        return Image.fromarray(ramp(256, shift).astype(np.uint8))
    return Image.fromarray(ramp(65536, shift).astype(">u2" if big else "<u2"))


FILES: dict[str, bytes] = {
    "8 bits": saved([grey(8)]),
    "16 bits": saved([grey(16)]),
    "16 bits, big endian": saved([grey(16, big=True)]),
    "8 bits, LZW": saved([grey(8)], compression="tiff_lzw"),
    "16 bits, LZW": saved([grey(16)], compression="tiff_lzw"),
    "16 bits, Deflate": saved([grey(16)], compression="tiff_adobe_deflate"),
    "8 bits, LZW with differences": saved(
        [grey(8)], compression="tiff_lzw", tiffinfo={PREDICTOR: 2}
    ),
    "16 bits, Deflate with differences": saved(
        [grey(16)], compression="tiff_adobe_deflate", tiffinfo={PREDICTOR: 2}
    ),
    "8 bits, strips of 3 rows": saved(
        [grey(8)], compression="tiff_lzw", tiffinfo={ROWS_PER_STRIP: 3}, strip_size=3 * COLS
    ),
    "8 bits, white is zero": saved([grey(8)], tiffinfo={PHOTOMETRIC: 0}),
    "turned by a quarter": saved([grey(16)], tiffinfo={ORIENTATION: 6}),
    "three pictures": saved([grey(16, shift) for shift in (0, 100, 200)]),
}

REFUSED: dict[str, bytes] = {
    "a colour picture": saved([Image.merge("RGB", [grey(8)] * 3)]),
    "1-bit values": saved([grey(8).convert("1")]),
    "32-bit floating-point values": saved([Image.fromarray(ramp(999).astype(np.float32))]),
    "32-bit signed values": saved([Image.fromarray(ramp(999).astype(np.int32))]),
    "PackBits compression": saved([grey(8)], compression="packbits"),
    "JPEG compression": saved([grey(8)], compression="jpeg"),
}


def read(data: bytes) -> list[dict[str, Any]]:
    """Every picture as Pillow shows it: upright, and black is low."""
    picture = Image.open(io.BytesIO(data))
    found = []
    for frame in range(getattr(picture, "n_frames", 1)):
        picture.seek(frame)
        values = np.asarray(ImageOps.exif_transpose(picture)).astype("<i4")
        rows, cols = values.shape
        found.append(
            {
                "rows": rows,
                "cols": cols,
                "rawSha256": hashlib.sha256(values.tobytes()).hexdigest(),
            }
        )
    return found


def main() -> None:
    coded = {name: base64.b64encode(data).decode() for name, data in FILES.items()}
    refused = {name: base64.b64encode(data).decode() for name, data in REFUSED.items()}
    read_all = {name: read(data) for name, data in FILES.items()}
    json.dump(
        {
            "files": [
                {"name": name, "bytes": coded[name], "pictures": read_all[name]} for name in FILES
            ],
            "refused": [{"name": name, "bytes": refused[name]} for name in REFUSED],
        },
        sys.stdout,
        indent=1,
    )


if __name__ == "__main__":
    main()
