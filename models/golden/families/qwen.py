"""Qwen2-VL and Qwen2.5-VL: patches by their grid, and positions in time, height and width."""

import torch
import transformers
from vlm_exports import tokenizer_of, write_json

from .common import NEWLINE, TEXT, export, export_decoder, export_words, grey_picture, image_file, normalised, said, spread, vectors_of

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
