"""Vision-language models of random weights, one of each further family, in the folder layout of browser exports, with PyTorch's numbers.

In the environment of vlm_exports.py, with pillow: vlm-env/bin/python golden/vlm_families.py golden/vlm/families
Writes OUT_DIR/NAME.zip for gemma3, paligemma, smolvlm (pictures cut into tiles), idefics3 (not cut), qwen2_vl, qwen2_5_vl and
florence2: the JSON files as the library's own processors save them, the graphs under the names of browser exports in onnx/
(torch.onnx, attention in visible operators), for gemma3 also the decoder as onnxruntime-genai's builder writes it
(decoder_model_merged_fused.onnx: GroupQueryAttention, which sees the past alone) and its int4 form, and vectors.json: what PyTorch makes
of one grey picture and one question.
"""

import io
import json
import shutil
import sys
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
import torch
import transformers
from onnxruntime_genai.models import builder
from PIL import Image
from vlm_exports import tokenizer_of, write_json

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


GEMMA = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>{{ message['role'] }}\n"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<start_of_image>{% else %}{{ part['text'] | trim }}{% endif %}{% endfor %}"
    "<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


def write_gemma3(root):
    torch.manual_seed(11)
    special = ["<pad>", "<bos>", "<eos>", "<start_of_image>", "<end_of_image>", "<image_soft_token>", "<start_of_turn>", "<end_of_turn>"]
    tokenizer = tokenizer_of(special, GEMMA, more=NEWLINE + "_")
    named = {"boi_token": special[3], "eoi_token": special[4], "image_token": special[5]}
    tokenizer._set_model_specific_special_tokens(named)
    side, patch, count = 16, 2, 4
    text = transformers.Gemma3TextConfig(
        **{**TEXT, "num_hidden_layers": 2, "head_dim": 16}, vocab_size=len(tokenizer), query_pre_attn_scalar=16, sliding_window=16, layer_types=["sliding_attention", "full_attention"],
        pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )
    vision = transformers.SiglipVisionConfig(**VISION, image_size=side, patch_size=patch, vision_use_head=False)
    id_of = tokenizer.convert_tokens_to_ids
    config = transformers.Gemma3Config(
        text_config=text.to_dict(), vision_config=vision.to_dict(), mm_tokens_per_image=count, boi_token_index=id_of(special[3]),
        eoi_token_index=id_of(special[4]), image_token_index=id_of(special[5]),
    )
    config._attn_implementation = "eager"
    model = transformers.Gemma3ForConditionalGeneration(config).eval()
    spread(model)
    images = transformers.Gemma3ImageProcessor(size={"height": side, "width": side}, do_pan_and_scan=None)
    processor = transformers.Gemma3Processor(images, tokenizer, chat_template=GEMMA, image_seq_length=count)
    onnx_dir = save_all(root, config, processor, model)
    export(Vision(model.model), (torch.zeros(1, 3, side, side),), onnx_dir / "vision_encoder.onnx", ["pixel_values"], ["image_features"], {"pixel_values": {0: "batch_size"}})
    export_words(model.get_input_embeddings(), onnx_dir)
    export_decoder(model.model.language_model, model.lm_head, onnx_dir, "picture")
    build_fused(transformers.Gemma3ForCausalLM, model, tokenizer, onnx_dir)
    prompt = processor.apply_chat_template(said(), add_generation_prompt=True, tokenize=False)
    batch = processor(images=image_file(side), text=prompt, add_special_tokens=False, return_tensors="pt", return_mm_token_type_ids=True)
    types = batch["token_type_ids"] if "token_type_ids" in batch else batch["mm_token_type_ids"]
    padded = lambda so_far: torch.cat([types, torch.zeros(1, so_far.shape[1] - types.shape[1], dtype=types.dtype)], 1)
    pixels = lambda grey: normalised(grey, images)
    told = lambda so_far: {"token_type_ids": padded(so_far)}
    vectors = vectors_of(model, tokenizer, side, batch.input_ids, told, pixels, given={"prompt": prompt})
    # To the builder only every sixth layer sees all.
    last = model.model.language_model.layers[1]
    last.attention_type, last.self_attn.is_sliding, last.self_attn.sliding_window = "sliding_attention", True, text.sliding_window
    causal = vectors_of(model, tokenizer, side, batch.input_ids, lambda _: {}, pixels)
    write_json(root / "vectors.json", {**vectors, "fused": {k: causal[k] for k in ("logits", "margin", "gradient", "generated")}})


def write_paligemma(root):
    torch.manual_seed(12)
    special = ["<pad>", "<bos>", "<eos>", "<image>"]
    tokenizer = tokenizer_of(special, more=NEWLINE + "_")
    side, patch = 16, 4
    text = transformers.GemmaConfig(**TEXT, pad_token_id=0, bos_token_id=1, eos_token_id=2)
    vision = transformers.SiglipVisionConfig(**VISION, image_size=side, patch_size=patch, vision_use_head=False, projection_dim=16)
    count = (side // patch) ** 2
    images = transformers.SiglipImageProcessor(size={"height": side, "width": side}, resample=3, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    images.image_seq_length = count
    # The processor adds its places and segments to the vocabulary; few are needed here.
    transformers.models.paligemma.processing_paligemma.EXTRA_TOKENS = ["<loc0000>", "<seg000>"]
    transformers.PaliGemmaProcessor.tokenizer_class = "PreTrainedTokenizerFast"
    processor = transformers.PaliGemmaProcessor(images, tokenizer)
    text.vocab_size = len(tokenizer)
    text.num_image_tokens = count
    config = transformers.PaliGemmaConfig(
        text_config=text.to_dict(), vision_config=vision.to_dict(), image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        projection_dim=16, hidden_size=16, vocab_size=len(tokenizer), pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )
    config._attn_implementation = "eager"
    model = transformers.PaliGemmaForConditionalGeneration(config).eval()
    spread(model)
    onnx_dir = save_all(root, config, processor, model)
    export(Vision(model.model), (torch.zeros(1, 3, side, side),), onnx_dir / "vision_encoder.onnx", ["pixel_values"], ["image_features"], {"pixel_values": {0: "batch_size"}})
    export_words(model.get_input_embeddings(), onnx_dir)
    export_decoder(model.model.language_model, model.lm_head, onnx_dir, "prefix")
    batch = processor(images=image_file(side), text=QUESTION, return_tensors="pt")
    count = batch.input_ids.shape[1]
    # What is written stands behind the prefix, which does not see it: with keys and values kept, as the library generates.
    wide = model.double()
    vectors = vectors_of(model, tokenizer, side, batch.input_ids, lambda _: {}, lambda grey: normalised(grey, images), steps=1)
    with torch.no_grad():
        made = wide.generate(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask, pixel_values=normalised(torch.tensor(grey_picture(side)).view(1, 1, side, side), images),
            max_new_tokens=6, do_sample=False, eos_token_id=-1,
        )
    write_json(root / "vectors.json", {**vectors, "generated": made[0, count:].tolist(), "prompt": tokenizer.decode(batch.input_ids[0])})


SMOL = (
    "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}{% if message['content'][0]['type'] == 'image' %}{{ ':' }}{% else %}{{ ': ' }}{% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{ line['text'] }}{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}"
    "<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)


class TilesVision(torch.nn.Module):
    """get_image_features of the library, its unfolding of the mask as sums over patches: torch.onnx has no unfolding of unknown sizes."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values, pixel_attention_mask):
        pixels, mask = pixel_values.flatten(0, 1), pixel_attention_mask.flatten(0, 1)
        real = (pixels == 0.0).sum(dim=(-1, -2, -3)) != pixels.shape[1:].numel()
        pixels, mask = pixels[real], mask[real]
        side = self.model.config.vision_config.patch_size
        cells = pixel_values.shape[-1] // side
        patches = mask.reshape(-1, cells, side, cells, side).to(torch.int64).sum((2, 4)) > 0
        # torch.onnx writes the library's table of whole numbers as one of floats.
        with mock.patch("torch.full", partial(torch.full, dtype=torch.int64)):
            hidden = self.model.vision_model(pixel_values=pixels, patch_attention_mask=patches).last_hidden_state
        return self.model.connector(hidden)


def write_idefics(root, name):
    torch.manual_seed(13)
    cut = name == "smolvlm"
    rows = [f"<row_{r}_col_{c}>" for r in (1, 2) for c in (1, 2)]
    special = ["<unk>", "<|im_start|>", "<|im_end|>", "<fake_token_around_image>", "<image>", "<end_of_utterance>", "<global-img>", *rows]
    tokenizer = tokenizer_of(special, SMOL, more=NEWLINE + "UA_")
    tile, patch, scale = 16, 4, 2
    kind = "SmolVLM" if cut else "Idefics3"
    of = lambda part: getattr(transformers, f"{kind}{part}")
    text = transformers.LlamaConfig(**TEXT, vocab_size=len(tokenizer), bos_token_id=1, eos_token_id=2, pad_token_id=0)
    vision = of("VisionConfig")(**VISION, image_size=tile, patch_size=patch)
    config = of("Config")(
        text_config=text.to_dict(), vision_config=vision.to_dict(), scale_factor=scale, image_token_id=tokenizer.convert_tokens_to_ids("<image>"), pad_token_id=0,
    )
    config._attn_implementation = "eager"
    model = of("ForConditionalGeneration")(config).eval()
    spread(model)
    side = 2 * tile if cut else tile
    images = transformers.Idefics3ImageProcessor(size={"longest_edge": 2 * tile}, max_image_size={"longest_edge": tile}, do_image_splitting=cut)
    count = (tile // patch // scale) ** 2
    processor = transformers.Idefics3Processor(images, tokenizer, image_seq_len=count, chat_template=SMOL)
    onnx_dir = save_all(root, config, processor, model)
    tiles = 5 if cut else 1
    mask = torch.ones(1, tiles, tile, tile, dtype=torch.bool)
    export(
        TilesVision(model.model), (torch.rand(1, tiles, 3, tile, tile), mask), onnx_dir / "vision_encoder.onnx", ["pixel_values", "pixel_attention_mask"], ["image_features"],
        {"pixel_values": {0: "batch_size", 1: "num_images"}, "pixel_attention_mask": {0: "batch_size", 1: "num_images"}},
    )
    export_words(model.get_input_embeddings(), onnx_dir)
    export_decoder(model.model.text_model, model.lm_head, onnx_dir, "causal")
    prompt = processor.apply_chat_template(said(), add_generation_prompt=True, tokenize=False)
    batch = processor(images=[image_file(side)], text=prompt, add_special_tokens=False, return_tensors="pt")

    def pixels(grey):
        if not cut:
            return normalised(grey, images)[None]
        small = torch.tensor(pillow_matrix(side, tile, "lanczos"), dtype=grey.dtype)
        whole = (small @ grey[0, 0] @ small.T).clamp(0, 1)[None, None]
        parts = [grey[:, :, r : r + tile, c : c + tile] for r in (0, tile) for c in (0, tile)]
        return torch.cat([normalised(part, images) for part in (*parts, whole)], 0)[None]

    # The library's own pixels are of whole greys: the same within half a grey.
    if cut:
        found = batch.pixel_values[0].double() - pixels(torch.tensor(grey_picture(side)).view(1, 1, side, side))[0]
        assert found.abs().max() < 1 / 255 / min(images.image_std), found.abs().max()
    vectors = vectors_of(model, tokenizer, side, batch.input_ids, lambda _: {"pixel_attention_mask": mask}, pixels, given={"prompt": prompt})
    write_json(root / "vectors.json", vectors)


def pillow_matrix(given, wanted, kind):
    """Rows of weights by which Pillow resamples one axis."""
    image = Image.fromarray(np.eye(given, dtype=np.float32))
    way = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}[kind]
    return np.asarray(image.resize((wanted, given), way), dtype=np.float64).T


QWEN = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}{% if part['type'] == 'image' %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class QwenVision(torch.nn.Module):
    def __init__(self, visual):
        super().__init__()
        self.visual = visual

    def forward(self, pixel_values, image_grid_thw):
        return self.visual(pixel_values, grid_thw=image_grid_thw)


def write_qwen(root, name):
    torch.manual_seed(14)
    special = ["<unk>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
    tokenizer = tokenizer_of(special, QWEN, more=NEWLINE + "_")
    id_of = tokenizer.convert_tokens_to_ids
    kind = "Qwen2VL" if name == "qwen2_vl" else "Qwen2_5_VL"
    of = lambda part: getattr(transformers, f"{kind}{part}")
    patch, merge, side = 4, 2, 32
    given = {k: v for k, v in TEXT.items() if k != "head_dim"}
    text = dict(
        **given, vocab_size=len(tokenizer), bos_token_id=1, eos_token_id=2, pad_token_id=0, rope_scaling={"type": "mrope", "mrope_section": [1, 1, 2]},
        rope_theta=10000.0,
    )
    shared = dict(depth=1 if name == "qwen2_vl" else 2, num_heads=2, patch_size=patch, spatial_merge_size=merge, temporal_patch_size=2)
    vision = (
        dict(**shared, embed_dim=16, hidden_size=16, mlp_ratio=2)
        if name == "qwen2_vl"
        # Windows of 2 x 2 merged patches, and one layer that sees all.
        else dict(**shared, hidden_size=16, out_hidden_size=16, intermediate_size=32, window_size=2 * merge * patch, fullatt_block_indexes=[1])
    )
    config = of("Config")(
        text_config=text, vision_config=vision, image_token_id=id_of(special[5]), video_token_id=id_of(special[6]), vision_start_token_id=id_of(special[3]),
        vision_end_token_id=id_of(special[4]),
    )
    config._attn_implementation = "eager"
    model = of("ForConditionalGeneration")(config).eval()
    spread(model)
    images = transformers.Qwen2VLImageProcessor(min_pixels=64, max_pixels=side * side, patch_size=patch, merge_size=merge)
    images.save_pretrained(root)
    tokenizer.save_pretrained(root)
    config.save_pretrained(root)
    model.generation_config.save_pretrained(root)
    onnx_dir = root / "onnx"
    onnx_dir.mkdir(parents=True)
    cells = side // patch
    grid = torch.tensor([[1, cells, cells]])
    export(
        QwenVision(model.model.visual), (torch.rand(cells * cells, 3 * 2 * patch * patch), grid), onnx_dir / "vision_encoder.onnx", ["pixel_values", "image_grid_thw"],
        ["image_features"], {"pixel_values": {0: "num_patches"}},
    )
    export_words(model.get_input_embeddings(), onnx_dir)
    export_decoder(model.model.language_model, model.lm_head, onnx_dir, "causal", planes=3)
    prompt = tokenizer.apply_chat_template(said(), add_generation_prompt=True, tokenize=False)
    batch = images(image_file(side), return_tensors="pt")
    assert batch.image_grid_thw.tolist() == grid.tolist()
    count = (cells // merge) ** 2
    ids = tokenizer(prompt.replace(special[5], special[5] * count), add_special_tokens=False, return_tensors="pt").input_ids

    def pixels(grey):
        two = normalised(grey, images).expand(2, -1, -1, -1)
        cut = two.reshape(1, 2, 3, cells // merge, merge, patch, cells // merge, merge, patch)
        return cut.permute(0, 3, 6, 4, 7, 2, 1, 5, 8).reshape(cells * cells, -1)

    found = batch.pixel_values.double() - pixels(torch.tensor(grey_picture(side)).view(1, 1, side, side))
    assert found.abs().max() < 1e-5
    write_json(root / "vectors.json", vectors_of(model, tokenizer, side, ids, lambda _: {"image_grid_thw": grid}, pixels, given={"prompt": prompt}))


class TextEncoder(torch.nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        encoder._update_full_mask = lambda mask, _: mask

    def forward(self, inputs_embeds, attention_mask):
        hidden = torch.where(attention_mask[:, None, None, :] > 0, 0.0, -1e30)
        return self.encoder(inputs_embeds=inputs_embeds, attention_mask=hidden).last_hidden_state


class CrossDecoder(torch.nn.Module):
    """A decoder with keys and values of the text's encoder, recomputed at each step, and of its own."""

    def __init__(self, decoder, head):
        super().__init__()
        self.decoder, self.head = decoder, head
        # The library's own masks do not trace.
        decoder._update_causal_mask = lambda mask, *_: mask
        decoder._update_cross_attn_mask = lambda _, mask, *rest: mask

    def forward(self, encoder_attention_mask, encoder_hidden_states, inputs_embeds, *past):
        layers = [(past[4 * i], past[4 * i + 1]) for i in range(len(past) // 4)]
        own = transformers.DynamicCache.from_legacy_cache(layers)
        cross = transformers.DynamicCache()
        cache = transformers.EncoderDecoderCache(own, cross)
        length, before = inputs_embeds.shape[1], past[0].shape[2]
        keys, queries = torch.arange(length + before)[None, :], (torch.arange(length) + before)[:, None]
        mask = torch.where(keys <= queries, 0.0, -1e30)[None, None]
        seen = torch.where(encoder_attention_mask[:, None, None, :] > 0, 0.0, -1e30)
        out = self.decoder(
            inputs_embeds=inputs_embeds, attention_mask=mask, encoder_hidden_states=encoder_hidden_states, encoder_attention_mask=seen,
            past_key_values=cache, use_cache=True, cache_position=torch.arange(length) + before,
        )
        kept = [t for i in range(len(layers)) for t in (own.layers[i].keys, own.layers[i].values, cross.layers[i].keys, cross.layers[i].values)]
        return (self.head(out.last_hidden_state), *kept)


def write_florence2(root):
    torch.manual_seed(15)
    special = ["<pad>", "<s>", "</s>", "<image>"]
    tokenizer = tokenizer_of(special, more="_")
    tokenizer._set_model_specific_special_tokens({"image_token": "<image>"})
    side = 32
    text = transformers.BartConfig(
        vocab_size=len(tokenizer), d_model=16, encoder_layers=1, decoder_layers=LAYERS, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
        decoder_ffn_dim=32, max_position_embeddings=128, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_bos_token_id=1,
        forced_eos_token_id=2,
    )
    vision = dict(
        embed_dim=[8, 16], num_heads=[2, 2], num_groups=[2, 2], depths=[1, 1], patch_size=[7, 3], patch_stride=[4, 2], patch_padding=[3, 1], patch_prenorm=[False, True],
        window_size=4, projection_dim=16, max_temporal_embeddings=4, max_position_embeddings=8,
    )
    config = transformers.Florence2Config(
        text_config=text.to_dict(), vision_config=vision, image_token_id=tokenizer.convert_tokens_to_ids("<image>"), is_encoder_decoder=True, vocab_size=len(tokenizer),
    )
    config._attn_implementation = "eager"
    model = transformers.Florence2ForConditionalGeneration(config).eval()
    spread(model)
    images = transformers.CLIPImageProcessor(
        size={"height": side, "width": side}, crop_size={"height": side, "width": side}, do_center_crop=False, image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225],
    )
    cells = side // 8
    images.image_seq_length = cells * cells + 1
    images.save_pretrained(root)
    tokenizer.save_pretrained(root)
    config.save_pretrained(root)
    model.generation_config.save_pretrained(root)
    onnx_dir = root / "onnx"
    onnx_dir.mkdir(parents=True)
    export(Vision(model.model), (torch.zeros(1, 3, side, side),), onnx_dir / "vision_encoder.onnx", ["pixel_values"], ["image_features"], {"pixel_values": {0: "batch_size"}})
    export_words(model.get_input_embeddings(), onnx_dir)
    axes = {"inputs_embeds": {0: "batch_size", 1: "encoder_sequence_length"}, "attention_mask": {0: "batch_size", 1: "encoder_sequence_length"}}
    language = model.model.language_model
    export(
        TextEncoder(language.encoder), (torch.zeros(1, 5, 16), torch.ones(1, 5, dtype=torch.int64)), onnx_dir / "encoder_model.onnx", ["inputs_embeds", "attention_mask"],
        ["last_hidden_state"], axes,
    )
    names = [f"{i}.{side_}.{kind}" for i in range(LAYERS) for side_ in ("decoder", "encoder") for kind in ("key", "value")]
    axes = {
        "encoder_attention_mask": {0: "batch_size", 1: "encoder_sequence_length"}, "encoder_hidden_states": {0: "batch_size", 1: "encoder_sequence_length"},
        "inputs_embeds": {0: "batch_size", 1: "decoder_sequence_length"},
    } | {f"past_key_values.{n}": {0: "batch_size", 2: f"past_{n.split('.')[1]}_sequence_length"} for n in names}
    past = [torch.zeros(1, 2, 3 if ".decoder." in n else 5, 8) for n in names]
    export(
        CrossDecoder(language.decoder, model.lm_head), (torch.ones(1, 5, dtype=torch.int64), torch.zeros(1, 5, 16), torch.zeros(1, 2, 16), *past),
        onnx_dir / "decoder_model_merged.onnx", ["encoder_attention_mask", "encoder_hidden_states", "inputs_embeds", *[f"past_key_values.{n}" for n in names]],
        ["logits", *[f"present.{n}" for n in names]], axes,
    )
    for part in (language.encoder, language.decoder):
        for name in [name for name in vars(part) if name.endswith("_mask")]:
            delattr(part, name)
    prompt = f"<s>{QUESTION}</s>"
    count = images.image_seq_length
    ids = tokenizer("<image>" * count + prompt, add_special_tokens=False, return_tensors="pt").input_ids
    pixels = lambda grey: normalised(grey, images)
    mask = lambda _: {"attention_mask": torch.ones_like(ids)}
    write_json(root / "vectors.json", vectors_of(model, tokenizer, side, ids, mask, pixels, given={"prompt": prompt}, start=[2, 1]))


WRITERS = {
    "gemma3": write_gemma3, "paligemma": write_paligemma, "smolvlm": lambda root: write_idefics(root, "smolvlm"),
    "idefics3": lambda root: write_idefics(root, "idefics3"), "qwen2_vl": lambda root: write_qwen(root, "qwen2_vl"),
    "qwen2_5_vl": lambda root: write_qwen(root, "qwen2_5_vl"), "florence2": write_florence2,
}


def pack(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                # A fixed date: the same model is the same file.
                archive.writestr(zipfile.ZipInfo(str(file.relative_to(folder)), (2026, 1, 1, 0, 0, 0)), file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or WRITERS:
        with tempfile.TemporaryDirectory() as made:
            WRITERS[name](Path(made))
            pack(Path(made), out / f"{name}.zip")
            if "--keep" in sys.argv:
                shutil.copytree(made, out / name)
        print(name, (out / f"{name}.zip").stat().st_size)
