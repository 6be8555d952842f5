"""The tokenizer: byte-level BPE over lower-cased text, with every answer word a single token."""

import argparse
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

SPECIAL = ["<pad>", "<bos>", "<eos>", "<ans>", "<report>"]


def build(corpus: list[str], answers: list[str], vocabulary: int) -> Tokenizer:
    """Trains the tokenizer. Text is lower-cased, white space collapsed and trimmed; a leading space is added, so that a
    word at the start is the same token as inside."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # Answers must be one token each: they appear often enough to be merged first.
    tokenizer.train_from_iterator([*corpus, *(answers * len(corpus))], trainer)
    for answer in answers:
        ids = tokenizer.encode(answer).ids
        if len(ids) != 1:
            raise ValueError(f"answer {answer!r} is {len(ids)} tokens; enlarge the vocabulary")
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="one sentence a line")
    parser.add_argument("--answers", nargs="+", required=True)
    parser.add_argument("--vocabulary", type=int, default=1024)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    corpus = args.corpus.read_text().splitlines()
    build(corpus, args.answers, args.vocabulary).save(str(args.out))


if __name__ == "__main__":
    main()
