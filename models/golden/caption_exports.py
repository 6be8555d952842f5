"""Small random-weight captioners in the folder layout of browser exports, each as one zip, with PyTorch's numbers.

In the environment of vlm_exports.py: vlm-env/bin/python golden/caption_exports.py golden/vlm
Writes OUT/vit-gpt2.zip (VisionEncoderDecoder by optimum: encoder_model.onnx, decoder_model_merged.onnx with past_key_values), OUT/deit-bert.zip (the
same without cached keys, as optimum exports a BERT decoder: decoder_model.onnx) and OUT/blip.zip (vision_model.onnx, text_decoder_model.onnx by
torch.onnx). Each holds vectors.json: a grey picture, the captions and PyTorch's logits, log-likelihood, its input gradient, and generated ids.
"""

import io
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
import torch
import transformers
from optimum.exporters.onnx import main_export
from vlm_exports import PATCH, SIDE, grey_picture, pixels_of, spread, tokenizer_of, write_json

CAPTION = "there is a pleural effusion ."
OTHER = "there is no pleural effusion ."
SIZES = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)


class Encoder(torch.nn.Module):
    def __init__(self, vision):
        super().__init__()
        self.vision = vision

    def forward(self, pixel_values):
        return self.vision(pixel_values).last_hidden_state


class TextDecoder(torch.nn.Module):
    def __init__(self, text):
        super().__init__()
        self.text = text

    def forward(self, input_ids, encoder_hidden_states):
        return self.text(input_ids=input_ids, encoder_hidden_states=encoder_hidden_states, use_cache=False, return_dict=True).logits


def eager(model):
    for part in model.modules():
        if hasattr(part, "config"):
            part.config._attn_implementation = "eager"
    return model


def encoder_decoder(kind, tokenizer):
    if kind == "vit-gpt2":
        encoder = transformers.ViTConfig(**SIZES, image_size=SIDE, patch_size=PATCH)
        decoder = transformers.GPT2Config(
            n_embd=8, n_layer=2, n_head=2, n_positions=32, vocab_size=len(tokenizer), bos_token_id=1, eos_token_id=2, add_cross_attention=True, is_decoder=True,
            tie_word_embeddings=False,
        )
    else:
        encoder = transformers.DeiTConfig(**SIZES, image_size=SIDE, patch_size=PATCH)
        decoder = transformers.BertConfig(
            **SIZES, vocab_size=len(tokenizer), max_position_embeddings=32, is_decoder=True, add_cross_attention=True, bos_token_id=1, eos_token_id=2, pad_token_id=0
        )
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.decoder_start_token_id, config.eos_token_id, config.pad_token_id = 1, 2, 0
    model = transformers.VisionEncoderDecoderModel(config=config).eval()
    model.generation_config = transformers.GenerationConfig(decoder_start_token_id=1, eos_token_id=2, pad_token_id=0, bos_token_id=1)
    processor = transformers.ViTImageProcessor if kind == "vit-gpt2" else transformers.DeiTImageProcessor
    size = {"height": SIDE, "width": SIDE}
    extra = {} if kind == "vit-gpt2" else {"crop_size": size}
    return model, processor(size=size, **extra)


def blip(tokenizer):
    text = dict(**SIZES, encoder_hidden_size=8, vocab_size=len(tokenizer), max_position_embeddings=32, bos_token_id=1, sep_token_id=2, eos_token_id=2, pad_token_id=0)
    config = transformers.BlipConfig(text_config=text, vision_config=dict(**SIZES, image_size=SIDE, patch_size=PATCH), projection_dim=8)
    config.text_config.is_decoder = True
    model = transformers.BlipForConditionalGeneration(config).eval()
    return model, transformers.BlipImageProcessor(size={"height": SIDE, "width": SIDE})


def export(kind, model, folder):
    if kind != "blip":
        with tempfile.TemporaryDirectory() as source:
            model.save_pretrained(source)
            task = "image-to-text-with-past" if kind == "vit-gpt2" else "image-to-text"
            main_export(source, folder, task=task, do_validation=False, opset=17)
        kept = ("encoder_model.onnx", "decoder_model_merged.onnx" if kind == "vit-gpt2" else "decoder_model.onnx")
        return {name: onnx.load(folder / name) for name in kept}
    out = {}
    states = torch.zeros(1, (SIDE // PATCH) ** 2 + 1, 8)
    names = {0: "batch_size", 1: "sequence_length"}
    for name, part, inputs, axes in (
        ("vision_model.onnx", Encoder(model.vision_model), {"pixel_values": torch.zeros(1, 3, SIDE, SIDE)}, {"pixel_values": {0: "batch_size"}}),
        ("text_decoder_model.onnx", TextDecoder(model.text_decoder), {"input_ids": torch.ones(1, 4, dtype=torch.int64), "encoder_hidden_states": states},
         {"input_ids": names, "encoder_hidden_states": {0: "batch_size", 1: "encoder_sequence_length"}}),
    ):  # fmt: skip
        output = "last_hidden_state" if name.startswith("vision") else "logits"
        torch.onnx.export(part, tuple(inputs.values()), folder / name, dynamo=False, opset_version=17, input_names=list(inputs), output_names=[output], dynamic_axes=axes)
        out[name] = onnx.load(folder / name)
    return out


def states_of(kind, model, pixels):
    return (model.vision_model if kind == "blip" else model.encoder)(pixels).last_hidden_state


def logits_of(kind, model, states, ids):
    decoder = model.text_decoder if kind == "blip" else model.decoder
    return decoder(input_ids=ids, encoder_hidden_states=states, use_cache=False).logits


def likelihood(kind, model, states, ids):
    """Sum of log-probabilities of the ids behind the start token."""
    read = torch.tensor([[1, *ids[:-1]]])
    logits = logits_of(kind, model, states, read)
    return logits[0], logits[0].log_softmax(-1)[torch.arange(len(ids)), torch.tensor(ids)].sum()


def generated(kind, model, pixels, beams):
    limits = dict(max_new_tokens=12, num_beams=beams, do_sample=False)
    if kind == "blip":
        # generate's first input is the start token alone.
        with torch.no_grad():
            states = states_of(kind, model, pixels)
            ids = model.text_decoder.generate(
                input_ids=torch.tensor([[1]]), encoder_hidden_states=states.repeat_interleave(beams, 0) if beams > 1 else states,
                eos_token_id=2, pad_token_id=0, **limits,
            )  # fmt: skip
    else:
        ids = model.generate(pixels, **limits)
    return [i for i in ids[0].tolist()[1:] if i not in (0, 2)]


def write(root, kind):
    torch.manual_seed({"vit-gpt2": 11, "deit-bert": 12, "blip": 13}[kind])
    tokenizer = tokenizer_of(["<unk>", "<s>", "</s>"])
    model, processor = blip(tokenizer) if kind == "blip" else encoder_decoder(kind, tokenizer)
    spread(model)
    spread(model)
    eager(model)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        graphs = export(kind, model, folder)
        for file in folder.iterdir():
            file.unlink()
        model.config.save_pretrained(folder)
        model.generation_config.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        processor.save_pretrained(folder)
        wide = model.double()
        grey = torch.tensor(grey_picture(6)).view(1, 1, SIDE, SIDE).requires_grad_()
        states = states_of(kind, wide, pixels_of(grey, processor))
        ids, other = (tokenizer.encode(text, add_special_tokens=False) for text in (CAPTION, OTHER))
        logits, said = likelihood(kind, wide, states, ids)
        (gradient,) = torch.autograd.grad(said, grey, retain_graph=True)
        _, denied = likelihood(kind, wide, states, other)
        (margin,) = torch.autograd.grad(denied - said, grey)
        pixels = pixels_of(grey.detach(), processor)
        vectors = {
            "caption": CAPTION, "other": OTHER, "ids": ids, "otherIds": other, "grey": grey.detach().flatten().tolist(), "logits": logits.tolist(),
            "likelihood": said.item(), "otherLikelihood": denied.item(), "gradient": gradient.flatten().tolist(), "marginGradient": margin.flatten().tolist(),
            "greedy": generated(kind, wide, pixels, 1), "beams": generated(kind, wide, pixels, 3),
            # What Python's processor makes of the picture as bytes; its red channel.
            "pixels": processor(np.round(grey.detach().numpy()[0, 0] * 255).astype(np.uint8)[..., None].repeat(3, -1), return_tensors="np").pixel_values[0, 0].flatten().tolist(),
        }  # fmt: skip
        write_json(folder / "vectors.json", rounded(vectors))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
            for file in sorted(folder.iterdir()):
                add(packed, f"{kind}/{file.name}", file.read_bytes())
            for name, graph in graphs.items():
                add(packed, f"{kind}/onnx/{name}", graph.SerializeToString())
        (root / f"{kind}.zip").write_bytes(buffer.getvalue())
        print(kind, len(buffer.getvalue()), vectors["greedy"], vectors["beams"], vectors["likelihood"], vectors["otherLikelihood"])


def add(packed, name, data):
    """With one date, so that the same content is the same file."""
    packed.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return {k: rounded(v) for k, v in value.items()} if isinstance(value, dict) else value


if __name__ == "__main__":
    for name in ("vit-gpt2", "deit-bert", "blip"):
        write(Path(sys.argv[1]), name)
