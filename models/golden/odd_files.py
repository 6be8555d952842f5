"""What pydicom, Pillow and imagecodecs make of the generated image files of src/testing/oddFiles.

Usage: node src/testing/oddFiles/write.ts FILES && python golden/odd_files.py FILES ../src/testing/oddFiles/goldens.json
Needs pydicom 3, pylibjpeg with its libjpeg, openjpeg and rle plugins, Pillow, imagecodecs (tried with 3.0.2, 2.1, 13.0
and 2026.3). Writes for every file {rows, cols, raw, display}: the first 64 bits of the SHA-256 of the stored values as
little-endian int32, and of the 8-bit picture that the file's first window or table gives.

Where the readers are known to depart from the standard, the standard is computed here in NumPy: the sign of a table's
first input (PS3.3 C.11.2.1.1; pydicom goes by Pixel Representation), functional groups, packed 8-bit tables, depth of
JPEG lossless above Bits Stored. Grey of a colour picture is round(.299 R + .587 G + .114 B), or stored brightness.
"""

import hashlib
import io
import json
import sys
import warnings
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
from PIL import Image, ImageOps
from pydicom.encaps import get_frame
from pydicom.pixels import apply_modality_lut, pixel_array
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
)

warnings.filterwarnings("ignore")

RAW_JPEG = {JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, HTJ2KLossless}


def luma(rgb):
    red, green, blue = (rgb[..., i].astype(np.int64) for i in range(3))
    return (2 * (299 * red + 587 * green + 114 * blue) + 1000) // 2000


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def summary(stored, display):
    rows, cols = stored.shape
    return {
        "rows": rows,
        "cols": cols,
        "raw": digest(stored.astype("<i4")),
        "display": digest(display.astype(np.uint8)),
    }


def to_bytes(unit):
    return np.floor(np.clip(unit, 0, 1) * 255 + 0.5)


def full_range(values, counted):
    low, high = float(values[counted].min()), float(values[counted].max())
    width = high - low if high > low else 1
    return (values.astype(np.float64) - (low + high) / 2) / width + 0.5


# --- DICOM ---------------------------------------------------------------------------------------------------------


def read(path):
    data = path.read_bytes()
    if data[128:132] != b"DICM":
        data = bytes(128) + b"DICM" + data
    dataset = pydicom.dcmread(io.BytesIO(data), force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        syntaxes = {
            (True, True): ImplicitVRLittleEndian,
            (False, True): ExplicitVRLittleEndian,
            (False, False): ExplicitVRBigEndian,
        }
        dataset.file_meta.TransferSyntaxUID = syntaxes[dataset.original_encoding]
    return dataset


def stored_values(dataset):
    """The first frame, masked and sign-extended; colour as grey."""
    syntax = dataset.file_meta.TransferSyntaxUID
    frames = max(1, int(dataset.get("NumberOfFrames") or 1))
    if not dataset.get("SamplesPerPixel"):
        dataset.SamplesPerPixel = 1
    dataset.Rows = int(dataset.Rows)
    if syntax in RAW_JPEG:
        stream = get_frame(dataset.PixelData, 0, number_of_frames=frames)
        return jpeg_values(stream, dataset)
    little = dataset.original_encoding[1]
    is_shifted = dataset.HighBit != dataset.BitsStored - 1
    if not syntax.is_encapsulated and is_shifted:
        # pydicom ignores High Bit.
        return native_values(dataset, "<" if little else ">")
    if not syntax.is_encapsulated and dataset.PhotometricInterpretation == "YBR_FULL_422":
        pairs = np.frombuffer(bytes(dataset.PixelData), "u1", 2 * dataset.Rows * dataset.Columns)
        return pairs.reshape(-1, 4)[:, :2].reshape(dataset.Rows, dataset.Columns).astype(np.int64)
    array = pixel_array(dataset, index=0, raw=True)
    if array.ndim == 2:
        return array.astype(np.int64)
    # Decoders of JPEG 2000 hand back YBR_RCT and YBR_ICT as RGB.
    has_luma = dataset.PhotometricInterpretation.startswith("YBR_FULL")
    return array[..., 0].astype(np.int64) if has_luma else luma(array)


def native_values(dataset, order):
    bits, stored, high = dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit
    channels = dataset.SamplesPerPixel
    count = dataset.Rows * dataset.Columns * channels
    words = np.frombuffer(bytes(dataset.PixelData), f"{order}u{bits // 8}", count).astype(np.int64)
    values = (words >> (high - stored + 1)) & (2**stored - 1)
    if dataset.PixelRepresentation == 1:
        values = np.where(values >= 2 ** (stored - 1), values - 2**stored, values)
    if channels == 1:
        return values.reshape(dataset.Rows, dataset.Columns)
    if dataset.PlanarConfiguration == 1 if "PlanarConfiguration" in dataset else False:
        values = values.reshape(channels, dataset.Rows, dataset.Columns).transpose(1, 2, 0)
    values = values.reshape(dataset.Rows, dataset.Columns, channels)
    return values[..., 0] if "YBR" in dataset.PhotometricInterpretation else luma(values)


def jpeg_values(stream, dataset):
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax == HTJ2KLossless:
        return imagecodecs.jpeg2k_decode(stream).astype(np.int64)
    if syntax == JPEGBaseline8Bit:
        says_rgb = dataset.PhotometricInterpretation == "RGB" and not is_marked(stream)
        adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
        picture = Image.open(io.BytesIO(stream[:2] + adobe + stream[2:] if says_rgb else stream))
        array = np.asarray(picture)
        return array.astype(np.int64) if array.ndim == 2 else luma(array)
    array = imagecodecs.jpeg_decode(stream)
    if array.ndim == 3:
        return luma(array)
    values = array.astype(np.int64)
    bits = dataset.BitsStored
    if dataset.PixelRepresentation == 1:
        values = np.where(values >= 2 ** (bits - 1), values - 2**bits, values)
    return values


def is_marked(stream):
    head = stream[: stream.index(b"\xff\xda")]
    frame = head.index(b"\xff\xc0")
    ids = head[frame + 10 : frame + 19 : 3]
    return b"JFIF" in head or b"Adobe" in head or ids == b"RGB"


def macro(dataset, name):
    """Where a macro's attributes stand for the first frame."""
    for groups in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        items = dataset.get(groups)
        if items and items[0].get(name):
            return items[0].get(name)[0]
    return dataset


def modality_values(stored, dataset):
    if dataset.get("ModalityLUTSequence"):
        return np.asarray(apply_modality_lut(stored.astype(np.int32), dataset)).astype(np.int64)
    source = macro(dataset, "PixelValueTransformationSequence")
    slope = number(source.get("RescaleSlope"), 1)
    intercept = number(source.get("RescaleIntercept"), 0)
    values = stored * slope + intercept
    is_whole = slope.is_integer() and intercept.is_integer()
    return values.astype(np.int64) if is_whole else values.astype(np.float32)


def number(value, default):
    return float(default if value in (None, "") else value)


def voi(values, reach, dataset, counted):
    source = macro(dataset, "FrameVOILUTSequence")
    centers, widths = many(source.get("WindowCenter")), many(source.get("WindowWidth"))
    if centers and widths:
        return window(values.astype(np.float64), centers[0], widths[0], source.get("VOILUTFunction"))
    if source.get("VOILUTSequence"):
        return table(values, reach, source.VOILUTSequence[0])
    return full_range(values, counted)


def many(value):
    if value in (None, ""):
        return []
    return [float(v) for v in (value if isinstance(value, pydicom.multival.MultiValue) else [value])]


def window(x, center, width, function):
    """PS3.3 C.11.2.1.2 and C.11.2.1.3."""
    match (function or "LINEAR").strip().upper():
        case "SIGMOID":
            return 1 / (1 + np.exp(-4 * (x - center) / width))
        case "LINEAR_EXACT":
            return (x - center) / width + 0.5
        case _ if width <= 1:
            return (x > center - 0.5).astype(float)
        case _:
            return (x - (center - 0.5)) / (width - 1) + 0.5


def table(values, reach, item):
    """PS3.3 C.11.2.1.1: the first input is signed when the values that come in may be."""
    count, first, bits = (int(v) for v in item.LUTDescriptor)
    count, first = count or 65536, first & 0xFFFF
    if item["LUTDescriptor"].VR == "SS" or reach[0] < 0:
        first = first - 65536 if first >= 32768 else first
    data = item.LUTData
    if isinstance(data, bytes):
        is_packed = bits <= 8 and len(data) < 2 * count
        order = ">" if item.original_encoding[1] is False else "<"
        data = np.frombuffer(data, "u1" if is_packed else f"{order}u2", count)
    entries = np.asarray(data, dtype=np.int64)
    index = np.clip(np.floor(values - first + 0.5), 0, count - 1).astype(np.int64)
    return entries[index] / (2**bits - 1)


def dicom(path):
    dataset = read(path)
    stored = stored_values(dataset)
    values = modality_values(stored, dataset)
    bits, signed = dataset.BitsStored, dataset.PixelRepresentation == 1
    ends = np.array([[-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] if signed else [0, 2**bits - 1]])
    reach = np.sort(modality_values(ends.astype(np.int64), dataset), axis=None)
    counted = np.ones(stored.shape, bool)
    if "PixelPaddingValue" in dataset:
        padding = int(dataset.PixelPaddingValue)
        at = modality_values(np.array([[padding]], dtype=np.int64), dataset)[0, 0]
        counted = values != at
    unit = voi(values, reach, dataset, counted)
    inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
    if inverted or dataset.get("PresentationLUTShape") == "INVERSE":
        unit = 1 - np.clip(unit, 0, 1)
    return summary(stored, to_bytes(unit))


# --- Pictures ------------------------------------------------------------------------------------------------------


def picture(path):
    image = ImageOps.exif_transpose(Image.open(path))
    stored, bits = png_values(path, image) if path.suffix == ".png" else (grey_of(np.asarray(image)), 8)
    if bits == 16:
        return summary(stored, to_bytes(full_range(stored, np.ones(stored.shape, bool))))
    return summary(stored, to_bytes(stored / (2**bits - 1)))


def grey_of(array):
    if array.ndim == 2:
        return array.astype(np.int64)
    return luma(array) if array.shape[2] >= 3 else array[..., 0].astype(np.int64)


def png_values(path, image):
    """Pillow widens depths below 8 and narrows 16-bit colours: the first is undone, imagecodecs reads the second."""
    data = path.read_bytes()
    depth, colour_type = data[24], data[25]
    if depth == 16:
        array = imagecodecs.png_decode(data)
        return grey_of(array), 16
    if colour_type == 3:
        return grey_of(np.asarray(image.convert("RGB"))), 8
    array = np.asarray(image.convert("L") if depth < 8 else image)
    return (array.astype(np.int64) // (255 // (2**depth - 1)) if depth < 8 else grey_of(array)), depth


def main():
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    goldens = {}
    for path in sorted(folder.iterdir()):
        try:
            goldens[path.name] = dicom(path) if path.suffix == ".dcm" else picture(path)
        except Exception as error:  # noqa: BLE001 - told, and left out of the goldens
            print(f"{path.name}: {type(error).__name__}: {error}", file=sys.stderr)
    lines = (f" {json.dumps(name)}: {json.dumps(golden)}" for name, golden in goldens.items())
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
