"""Idefics3 and SmolVLM: the picture whole, or cut into tiles."""

from functools import partial
from unittest import mock

import torch
import transformers
from vlm_exports import tokenizer_of, write_json

from .common import (
    NEWLINE,
    TEXT,
    VISION,
    export,
    export_decoder,
    export_words,
    grey_picture,
    image_file,
    normalised,
    pillow_matrix,
    said,
    save_all,
    spread,
    vectors_of,
)

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
