"""Small random-weight vision-language models in the folder layout of browser exports, with PyTorch's numbers.

Usage, in an environment of its own:
  python3 -m venv vlm-env && vlm-env/bin/pip install torch "transformers<5" optimum-onnx onnxscript onnxruntime-genai==0.10.0
  vlm-env/bin/python golden/vlm_exports.py OUT_DIR
Writes OUT_DIR/llava: config.json, preprocessor_config.json, tokenizer.json, tokenizer_config.json (with chat template),
onnx/vision_encoder.onnx, embed_tokens.onnx, and the decoder as two exporters write it: decoder_model_merged.onnx by
onnxruntime-genai's builder (GroupQueryAttention, SkipSimplifiedLayerNormalization), its int4 form
decoder_model_merged_q4.onnx (MatMulNBits), and decoder_model_merged_eager.onnx by torch.onnx (visible operators).
OUT_DIR/clip and OUT_DIR/siglip: model.onnx by optimum. vectors.json in each: inputs and PyTorch's outputs.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
import transformers
from onnxruntime_genai.models import builder
from optimum.exporters.onnx import main_export
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

SIDE, PATCH = 28, 14
WORDS = "is there a any pleural effusion in this film yes no the lung heart enlarged x-ray of chest with user assistant what shows".split()
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ message['role'] }} : "
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image> {% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %} {% endfor %}"
    "{% if add_generation_prompt %}assistant :{% endif %}"
)


def tokenizer_of(special, template=None, suffix=None, end_last=False, more=""):
    pieces = [*special, *sorted({c for word in WORDS for c in word} | set("?:.,ABCXYabcdefghijklmnopqrstuvwxyz-0123456789Ġ" + more))]
    merges, vocab = [], {piece: i for i, piece in enumerate(pieces)}
    for word in WORDS:
        pairs = [(word[:i], word[i]) for i in range(1, len(word))] + [("Ġ", word)]
        for left, right in pairs:
            vocab.setdefault(left + right, len(vocab))
            if (left, right) not in merges:
                merges.append((left, right))
    if end_last:
        # CLIP reads its text at the largest id, which is the end's.
        vocab["<unused>"] = vocab.pop(special[2])
        vocab[special[2]] = len(vocab)
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token=special[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    if suffix:
        tokenizer.post_processor = processors.TemplateProcessing(single=suffix, special_tokens=[(s, vocab[s]) for s in special])
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token=special[0], bos_token=special[1], eos_token=special[2], pad_token=special[0]
    )
    if template:
        fast.chat_template = template
    return fast


def spread(model):
    """Weights wide enough that answers differ and gradients are not lost in rounding."""
    for parameter in model.parameters():
        parameter.data += torch.randn_like(parameter) * 0.08


def grey_picture(seed):
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    picture = 0.5 + 0.3 * np.sin(6 * rows + 2 * columns) + 0.1 * generator.standard_normal((SIDE, SIDE))
    return np.round(np.clip(picture, 0, 1) * 255) / 255


def pixels_of(grey, processor):
    mean, std = (torch.tensor(v, dtype=grey.dtype).view(1, 3, 1, 1) for v in (processor.image_mean, processor.image_std))
    return (grey.expand(1, 3, SIDE, SIDE) - mean) / std


class Vision(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return torch.cat(self.model.get_image_features(pixel_values), 0).unsqueeze(0)


class EagerDecoder(torch.nn.Module):
    def __init__(self, language, head):
        super().__init__()
        self.language, self.head = language, head

    def forward(self, inputs_embeds, attention_mask, position_ids, *past):
        layers = [(past[2 * i], past[2 * i + 1]) for i in range(len(past) // 2)]
        cache = transformers.DynamicCache.from_legacy_cache(layers)
        # The causal mask spelled out: the library's own does not trace.
        total, length = attention_mask.shape[1], inputs_embeds.shape[1]
        sees = torch.arange(total)[None, :] <= (torch.arange(length) + total - length)[:, None]
        hidden = torch.where(sees[None, None] & (attention_mask[:, None, None, :] > 0), 0.0, -1e30)
        out = self.language(
            inputs_embeds=inputs_embeds, attention_mask=hidden, position_ids=position_ids, past_key_values=cache, use_cache=True
        )
        present = [t for layer in out.past_key_values.to_legacy_cache() for t in layer]
        return (self.head(out.last_hidden_state), *present)


def write_json(path, value):
    path.write_text(json.dumps(value, separators=(",", ":")))


def write_llava(root):
    torch.manual_seed(3)
    tokenizer = tokenizer_of(["<unk>", "<s>", "</s>", "<image>"], TEMPLATE)
    image = tokenizer.convert_tokens_to_ids("<image>")
    hidden = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2)
    text = transformers.LlamaConfig(
        **hidden, num_attention_heads=2, num_key_value_heads=1, head_dim=16, vocab_size=len(tokenizer), max_position_embeddings=128,
        bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(**hidden, num_attention_heads=2, image_size=SIDE, patch_size=PATCH),
        text_config=text, image_token_index=image, image_seq_length=(SIDE // PATCH) ** 2, vision_feature_layer=-2,
    )
    config._attn_implementation = "eager"
    model = transformers.LlavaForConditionalGeneration(config).eval()
    spread(model)
    onnx_dir = root / "onnx"
    onnx_dir.mkdir(parents=True)
    config.save_pretrained(root)
    tokenizer.save_pretrained(root)
    processor = transformers.CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    processor.save_pretrained(root)
    model.generation_config.save_pretrained(root)

    torch.onnx.export(
        Vision(model.model), (torch.zeros(1, 3, SIDE, SIDE),), onnx_dir / "vision_encoder.onnx", dynamo=False, opset_version=17,
        input_names=["pixel_values"], output_names=["image_features"], dynamic_axes={"pixel_values": {0: "batch_size"}},
    )
    torch.onnx.export(
        model.get_input_embeddings(), (torch.zeros(1, 4, dtype=torch.int64),), onnx_dir / "embed_tokens.onnx", dynamo=False,
        opset_version=17, input_names=["input_ids"], output_names=["inputs_embeds"],
        dynamic_axes={"input_ids": {0: "batch_size", 1: "sequence_length"}},
    )
    past = [torch.zeros(1, 1, 3, 16) for _ in range(4)]
    names = [f"{i}.{kind}" for i in range(2) for kind in ("key", "value")]
    axes = {f"past_key_values.{n}": {0: "batch_size", 2: "past_sequence_length"} for n in names}
    torch.onnx.export(
        EagerDecoder(model.model.language_model, model.lm_head),
        (torch.zeros(1, 2, 32), torch.ones(1, 5, dtype=torch.int64), torch.tensor([[3, 4]]), *past),
        onnx_dir / "decoder_model_merged_eager.onnx", dynamo=False, opset_version=17,
        input_names=["inputs_embeds", "attention_mask", "position_ids", *axes],
        output_names=["logits", *[f"present.{n}" for n in names]],
        dynamic_axes={
            "inputs_embeds": {0: "batch_size", 1: "sequence_length"}, "attention_mask": {0: "batch_size", 1: "total_sequence_length"},
            "position_ids": {0: "batch_size", 1: "sequence_length"}, **axes,
        },
    )
    # The builder reads a text model from a folder.
    language = transformers.LlamaForCausalLM(text).eval()
    language.model.load_state_dict(model.model.language_model.state_dict())
    language.lm_head.load_state_dict(model.lm_head.state_dict())
    for precision, suffix in (("fp32", ""), ("int4", "_q4")):
        with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as built:
            language.save_pretrained(source)
            tokenizer.save_pretrained(source)
            builder.create_model("", source, built, precision, "cpu", source, exclude_embeds="1", int4_block_size="32")
            graph = onnx.load(Path(built) / "model.onnx")
            onnx.save(graph, onnx_dir / f"decoder_model_merged{suffix}.onnx")

    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "is there any pleural effusion ?"}]}],
        add_generation_prompt=True, tokenize=False,
    )
    count = config.image_seq_length
    ids = tokenizer(prompt.replace("<image>", "<image>" * count), add_special_tokens=False, return_tensors="pt").input_ids
    spell = lambda word: [p + w for w in (word, word.capitalize(), word.upper()) for p in ("", " ")]
    single = lambda word: sorted({i[0] for i in (tokenizer.encode(s, add_special_tokens=False) for s in spell(word)) if len(i) == 1})
    yes, no = single("yes"), single("no")
    assert yes
    assert no

    wide = model.double()
    grey = torch.tensor(grey_picture(5)).view(1, 1, SIDE, SIDE).requires_grad_()
    logits = wide(input_ids=ids, pixel_values=pixels_of(grey, processor)).logits[0, -1]
    margin = torch.logsumexp(logits[no], 0) - torch.logsumexp(logits[yes], 0)
    margin.backward()
    probabilities = torch.softmax(logits, 0)
    with torch.no_grad():
        tokens = ids
        for _ in range(8):
            step = wide(input_ids=tokens, pixel_values=pixels_of(grey, processor)).logits[0, -1].argmax()
            tokens = torch.cat([tokens, step.view(1, 1)], 1)
    write_json(root / "vectors.json", {
        "question": "is there any pleural effusion ?",
        "prompt": prompt, "ids": ids[0].tolist(), "grey": grey.detach().flatten().tolist(), "logits": logits.tolist(),
        "yes": yes, "no": no, "probabilities": [probabilities[yes].sum().item(), probabilities[no].sum().item()],
        "margin": margin.item(),
        "gradient": grey.grad.flatten().tolist(), "generated": tokens[0, ids.shape[1]:].tolist(),
        "text": tokenizer.decode(tokens[0, ids.shape[1]:], skip_special_tokens=True),
    })


def write_dual(root, name):
    torch.manual_seed(4)
    hidden = dict(hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2)
    suffix = "<s> $A </s>" if name == "clip" else "$A </s>"
    tokenizer = tokenizer_of(["<unk>", "<s>", "</s>"], suffix=suffix, end_last=name == "clip")
    tokenizer.model_max_length = 24
    kind = "CLIP" if name == "clip" else "Siglip"
    of = lambda part: getattr(transformers, f"{kind}{part}")
    text = of("TextConfig")(**hidden, vocab_size=len(tokenizer), max_position_embeddings=24, bos_token_id=1, eos_token_id=tokenizer.eos_token_id, pad_token_id=0)
    vision = of("VisionConfig")(**hidden, image_size=SIDE, patch_size=PATCH)
    config = of("Config")(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=24)
    config._attn_implementation = "eager"
    model = of("Model")(config).eval()
    spread(model)
    size = {"shortest_edge": SIDE} if name == "clip" else {"height": SIDE, "width": SIDE}
    extra = {"crop_size": {"height": SIDE, "width": SIDE}} if name == "clip" else {}
    processor = of("ImageProcessor")(size=size, **extra)
    with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as target:
        model.save_pretrained(source)
        tokenizer.save_pretrained(source)
        processor.save_pretrained(source)
        main_export(source, Path(target), task="zero-shot-image-classification", do_validation=False, opset=17)
        for file in Path(target).rglob("*.onnx"):
            (root / "onnx").mkdir(parents=True, exist_ok=True)
            shutil.copy(file, root / "onnx" / file.name)
        for file in Path(source).glob("*.json"):
            shutil.copy(file, root / file.name)
    captions = ["chest x-ray with pleural effusion", "chest x-ray with no pleural effusion"]
    batch = tokenizer(captions, padding="max_length", truncation=True, max_length=24, return_tensors="pt")
    arguments = {"input_ids": batch.input_ids}
    if name == "clip":
        arguments["attention_mask"] = batch.attention_mask
    grey = torch.tensor(grey_picture(5), dtype=torch.float32).view(1, 1, SIDE, SIDE).requires_grad_()
    out = model(pixel_values=pixels_of(grey, processor), **arguments)
    scores = out.logits_per_image[0]
    (scores[1] - scores[0]).backward()
    write_json(root / "vectors.json", {
        "captions": captions, "ids": batch.input_ids.tolist(), "grey": grey.detach().flatten().tolist(), "logits": scores.tolist(),
        "textEmbeddings": out.text_embeds.flatten().tolist(), "imageEmbedding": out.image_embeds.flatten().tolist(),
        "gradient": grey.grad.flatten().tolist(),
    })


if __name__ == "__main__":
    out = Path(sys.argv[1])
    shutil.rmtree(out, ignore_errors=True)
    write_llava(out / "llava")
    for name in ("clip", "siglip"):
        write_dual(out / name, name)
