"""What the families share: a picture and a question, exports of a decoder with its cache, and PyTorch's numbers for them."""

import io
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
import transformers
from onnxruntime_genai.models import builder
from PIL import Image

QUESTION = "is there any pleural effusion ?"
NEWLINE = "Ċ"
LAYERS = 1
TEXT = dict(
    hidden_size=16, intermediate_size=32, num_hidden_layers=LAYERS, num_attention_heads=2, num_key_value_heads=1, head_dim=8,
    max_position_embeddings=128,
)
VISION = dict(hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2)


def spread(model, by=0.15):
    """Weights wide enough that answers differ, of few bits so that they pack well."""
    for parameter in model.parameters():
        parameter.data += torch.randn_like(parameter) * by
        parameter.data = parameter.data.bfloat16().float()


def grey_picture(side, seed=5):
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:side, 0:side] / side
    picture = 0.5 + 0.3 * np.sin(6 * rows + 2 * columns) + 0.1 * generator.standard_normal((side, side))
    return np.round(np.clip(picture, 0, 1) * 255) / 255


def normalised(grey, processor):
    mean, std = (torch.tensor(v, dtype=grey.dtype).view(1, 3, 1, 1) for v in (processor.image_mean, processor.image_std))
    return (grey.expand(1, 3, *grey.shape[-2:]) - mean) / std


class Decoder(torch.nn.Module):
    """A text model with its mask spelled out, and keys and values of what was read before."""

    def __init__(self, language, head, sees):
        super().__init__()
        self.language, self.head, self.sees = language, head, sees
        self.window = getattr(language.config, "sliding_window", None)

    def forward(self, inputs_embeds, attention_mask, position_ids, *rest):
        types, past = (rest[0], rest[1:]) if self.sees == "picture" else (None, rest)
        cache = transformers.DynamicCache.from_legacy_cache([(past[2 * i], past[2 * i + 1]) for i in range(len(past) // 2)])
        total, length = attention_mask.shape[1], inputs_embeds.shape[1]
        keys, queries = torch.arange(total)[None, :], (torch.arange(length) + total - length)[:, None]
        sees = torch.ones_like(keys <= queries) if self.sees == "prefix" else keys <= queries
        masks = {"full_attention": sees}
        if types is not None:
            known = torch.cat([torch.zeros(1, total - length, dtype=torch.int64), types], 1)
            together = (types[0, :, None] == 1) & (known[0, None, :] == 1)
            masks = {"full_attention": sees | together, "sliding_attention": (sees & (keys > queries - self.window)) | together}
        masks = {k: torch.where(m[None, None] & (attention_mask[:, None, None, :] > 0), 0.0, -1e30).to(inputs_embeds.dtype) for k, m in masks.items()}
        out = self.language(
            inputs_embeds=inputs_embeds, attention_mask=masks if types is not None else masks["full_attention"], position_ids=position_ids,
            past_key_values=cache, use_cache=True,
        )
        return (self.head(out.last_hidden_state), *[t for layer in out.past_key_values.to_legacy_cache() for t in layer])


def export(module, arguments, path, names, outputs, axes):
    module.eval()
    data = io.BytesIO()
    torch.onnx.export(module, arguments, data, dynamo=False, opset_version=17, input_names=names, output_names=outputs, dynamic_axes=axes)
    model = onnx.load_from_string(data.getvalue())
    shorten(model.graph)
    onnx.save(model, path)


def shorten(graph):
    """Names of inner values and nodes made short: they are most of such a small file."""
    del graph.value_info[:]
    kept = {value.name for value in (*graph.input, *graph.output)}
    inner = [t.name for t in graph.initializer] + [name for node in graph.node for name in node.output]
    names = {name: f"v{i}" for i, name in enumerate(dict.fromkeys(inner)) if name not in kept and name}
    assert not any(a.HasField("g") for node in graph.node for a in node.attribute)
    for tensor in graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
    for i, node in enumerate(graph.node):
        node.doc_string, node.name = "", f"n{i}"
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def export_words(table, onnx_dir):
    axes = {"input_ids": {0: "batch_size", 1: "sequence_length"}}
    export(table, (torch.zeros(1, 4, dtype=torch.int64),), onnx_dir / "embed_tokens.onnx", ["input_ids"], ["inputs_embeds"], axes)


def export_decoder(language, head, onnx_dir, sees, planes=0):
    """@param planes: 3 for positions in time, height and width"""
    config = language.config
    heads, width = config.num_key_value_heads, getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    names = [f"{i}.{kind}" for i in range(config.num_hidden_layers) for kind in ("key", "value")]
    past = [torch.zeros(1, heads, 3, width) for _ in names]
    positions = torch.tensor([[3, 4]]) if planes == 0 else torch.tensor([[[3, 4]]] * planes)
    arguments = [torch.zeros(1, 2, config.hidden_size), torch.ones(1, 5, dtype=torch.int64), positions]
    inputs = ["inputs_embeds", "attention_mask", "position_ids"]
    axes = {
        "inputs_embeds": {0: "batch_size", 1: "sequence_length"}, "attention_mask": {0: "batch_size", 1: "total_sequence_length"},
        "position_ids": {0: "batch_size", 1: "sequence_length"} if planes == 0 else {1: "batch_size", 2: "sequence_length"},
    }
    if sees == "picture":
        arguments.append(torch.zeros(1, 2, dtype=torch.int64))
        inputs.append("token_type_ids")
        axes["token_type_ids"] = {0: "batch_size", 1: "sequence_length"}
    axes |= {f"past_key_values.{n}": {0: "batch_size", 2: "past_sequence_length"} for n in names}
    export(
        Decoder(language, head, sees), (*arguments, *past), onnx_dir / "decoder_model_merged.onnx",
        [*inputs, *[f"past_key_values.{n}" for n in names]], ["logits", *[f"present.{n}" for n in names]], axes,
    )


def build_fused(kind, model, tokenizer, onnx_dir):
    """The decoder by the generative runtime's builder: it reads a text model from a folder."""
    language = kind(model.model.language_model.config if hasattr(model.model, "language_model") else model.model.text_model.config).eval()
    inner = model.model.language_model if hasattr(model.model, "language_model") else model.model.text_model
    language.model.load_state_dict(inner.state_dict())
    language.lm_head.load_state_dict(model.lm_head.state_dict())
    for precision, suffix in (("fp32", "_fused"), ("int4", "_q4")):
        with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as built:
            language.save_pretrained(source)
            tokenizer.save_pretrained(source)
            builder.create_model("", source, built, precision, "cpu", source, exclude_embeds="1", int4_block_size="16")
            onnx.save(onnx.load(Path(built) / "model.onnx"), onnx_dir / f"decoder_model_merged{suffix}.onnx")
    return language


def spellings(tokenizer, word):
    ways = [p + w for w in (word, word.capitalize(), word.upper()) for p in ("", " ")]
    return sorted({i[0] for i in (tokenizer.encode(s, add_special_tokens=False) for s in ways) if len(i) == 1})


def vectors_of(model, tokenizer, side, ids, arguments, pixels, steps=6, given=(), start=None):
    """@param arguments: what the model takes beside ids and pixels, by the ids so far
    @param pixels: from the grey picture
    @param start: first ids of the decoder, for models with an encoder of text"""
    yes, no = spellings(tokenizer, "yes"), spellings(tokenizer, "no")
    model = model.double()
    grey = torch.tensor(grey_picture(side)).view(1, 1, side, side).requires_grad_()

    def logits_of(so_far, picture):
        if start is None:
            return model(input_ids=so_far, pixel_values=pixels(picture), **arguments(so_far)).logits[0, -1]
        return model(input_ids=ids, decoder_input_ids=so_far, pixel_values=pixels(picture), **arguments(so_far)).logits[0, -1]

    first = ids if start is None else torch.tensor([start])
    logits = logits_of(first, grey)
    margin = torch.logsumexp(logits[no], 0) - torch.logsumexp(logits[yes], 0)
    margin.backward()
    with torch.no_grad():
        tokens = first
        for _ in range(steps):
            tokens = torch.cat([tokens, logits_of(tokens, grey).argmax().view(1, 1)], 1)
        prepared = pixels(grey)
    short = lambda values: [float(f"{v:.7g}") for v in values]
    return {
        "question": QUESTION, "ids": ids[0].tolist(), "side": side, "grey": [round(v * 255) for v in grey.detach().flatten().tolist()],
        "yes": yes, "no": no, "logits": short(logits.tolist()), "margin": margin.item(), "gradient": short(grey.grad.flatten().tolist()),
        "generated": tokens[0, first.shape[1]:].tolist(), "pixels": [round(v, 4) for v in prepared.flatten().tolist()],
        **dict(given),
    }


def image_file(side):
    return Image.fromarray(np.round(grey_picture(side) * 255).astype(np.uint8)).convert("RGB")


def said(role="user"):
    return [{"role": role, "content": [{"type": "image"}, {"type": "text", "text": QUESTION}]}]


def save_all(root, config, processor, model):
    config.save_pretrained(root)
    processor.save_pretrained(root)
    model.generation_config.save_pretrained(root)
    (root / "onnx").mkdir(parents=True, exist_ok=True)
    return root / "onnx"


class Vision(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *pixels):
        found = self.model.get_image_features(*pixels)
        return torch.cat(list(found), 0) if isinstance(found, (tuple, list)) else found


def pillow_matrix(given, wanted, kind):
    """Rows of weights by which Pillow resamples one axis."""
    image = Image.fromarray(np.eye(given, dtype=np.float32))
    way = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}[kind]
    return np.asarray(image.resize((wanted, given), way), dtype=np.float64).T
