"""What a model itself makes of pictures' bytes and texts."""

import io

TEXTS = ["Make it RED, please!", "remove", "add-on blue", "red"]
# Float32 sums of some hundred products in another order, on numbers up to 1.
TOLERANCE = 2e-6


def embeddings(model, pictures, texts=TEXTS):
    """Rows of length 1, by the name of the tower."""
    images = [io.BytesIO(content) for content in pictures]
    return {
        "query": model.embed_queries(images, texts),
        "target": model.embed_targets(images),
        "text": model.embed_texts(texts),
    }


def prepared(model, pictures, texts=TEXTS):
    """Pixels and token ids, as ONNX and LiteRT take them."""
    images = [model.prepare_image(io.BytesIO(content)) for content in pictures]
    return images, model.text_encoder.tokenize(texts)
