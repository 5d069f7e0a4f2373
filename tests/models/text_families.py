"""Tiny random members of the text families, made without a download."""

import io

import sentencepiece
from keras_hub import models

TEXTS = ["Make it red, please!", "remove the sleeves", "red"]
WORDS = ["make", "it", "red", "remove", "the", "sleeve", "##s", ",", "!"]
LETTERS = [chr(i) for i in range(ord("a"), ord("z") + 1)]


def bert():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = models.BertTokenizer([*special, *WORDS], lowercase=True)
    return models.BertBackbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=12,
    ), tokenizer


def distil_bert():
    # Padding is not id 0 here.
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    tokenizer = models.DistilBertTokenizer([*special, *WORDS], lowercase=True)
    return models.DistilBertBackbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=12,
    ), tokenizer


def roberta():
    letters = [*LETTERS, "Ġ", "M", ",", "!"]
    merges = ["r e", "re d", "Ġ red", "t h", "th e"]
    tokens = ["<s>", "<pad>", "</s>", *letters]
    tokens += [merge.replace(" ", "") for merge in merges] + ["<mask>"]
    tokenizer = models.RobertaTokenizer(
        {token: i for i, token in enumerate(tokens)}, merges
    )
    return models.RobertaBackbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=32,
    ), tokenizer


def clip():
    letters = [*LETTERS, ",", "!"]
    merges = ["r e", "re d</w>", "i t</w>"]
    # "name" as a token: a word that means something in a Keras config.
    tokens = [*letters, *(letter + "</w>" for letter in letters), "name"]
    tokens += [merge.replace(" ", "") for merge in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    tokenizer = models.CLIPTokenizer(
        {token: i for i, token in enumerate(tokens)}, merges
    )
    vision = models.CLIPVisionEncoder(
        patch_size=8,
        hidden_dim=8,
        num_layers=1,
        num_heads=2,
        intermediate_dim=16,
        image_shape=(16, 16, 3),
        name="clip_vision_encoder",
    )
    text = models.CLIPTextEncoder(
        vocabulary_size=tokenizer.vocabulary_size(),
        embedding_dim=8,
        hidden_dim=8,
        num_layers=1,
        num_heads=2,
        intermediate_dim=16,
        max_sequence_length=24,
        name="clip_text_encoder",
    )
    return models.CLIPBackbone(vision, text, projection_dim=6), tokenizer


def sentence_piece(**kwargs):
    proto = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([text.lower() for text in TEXTS] * 3),
        model_writer=proto,
        vocab_size=28,
        model_type="unigram",
        hard_vocab_limit=False,
        minloglevel=2,
        **kwargs,
    )
    return proto.getvalue()


def siglip_backbone(tokenizer):
    vision = models.SigLIPVisionEncoder(
        patch_size=8,
        hidden_dim=8,
        num_layers=1,
        num_heads=2,
        intermediate_dim=16,
        image_shape=(16, 16, 3),
        name="siglip_vision_encoder",
    )
    text = models.SigLIPTextEncoder(
        vocabulary_size=tokenizer.vocabulary_size(),
        embedding_dim=8,
        hidden_dim=8,
        num_layers=1,
        num_heads=2,
        intermediate_dim=16,
        max_sequence_length=20,
        projection_dim=6,
        name="siglip_text_encoder",
    )
    return models.SigLIPBackbone(vision, text)


def siglip():
    proto = sentence_piece(pad_id=-1, bos_id=-1, eos_id=1, unk_id=2)
    # The published presets' tokenizer has `add_eos`.
    tokenizer = models.SigLIPTokenizer(proto, add_eos=True)
    return siglip_backbone(tokenizer), tokenizer


def siglip_2():
    # Gemma's tokenizer: it has a start token, which SigLIP 2 doesn't use.
    proto = sentence_piece(
        pad_id=0,
        eos_id=1,
        bos_id=2,
        unk_id=3,
        pad_piece="<pad>",
        eos_piece="<eos>",
        bos_piece="<bos>",
    )
    tokenizer = models.GemmaTokenizer(proto)
    return siglip_backbone(tokenizer), tokenizer


FAMILIES = {
    family.__name__: family
    for family in (bert, distil_bert, roberta, clip, siglip, siglip_2)
}
