"""Florence-2: an encoder of the text that sees the picture, and a decoder that sees the encoder."""

import torch
import transformers
from vlm_exports import tokenizer_of, write_json

from .common import LAYERS, QUESTION, export, export_words, normalised, spread, vectors_of, Vision


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
