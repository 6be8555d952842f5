"""Gemma 3, and MedGemma with it: text and picture see each other in the prompt; also the decoder as onnxruntime-genai's builder writes it."""

import torch
import transformers
from vlm_exports import tokenizer_of, write_json

from .common import (
    NEWLINE,
    TEXT,
    VISION,
    build_fused,
    export,
    export_decoder,
    export_words,
    image_file,
    normalised,
    said,
    save_all,
    spread,
    vectors_of,
    Vision,
)

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
