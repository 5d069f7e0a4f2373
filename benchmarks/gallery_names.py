"""What the sets and engines of `benchmarks/gallery.py` are called."""

TITLES = {
    "10k": "synthetic",
    "100k": "synthetic",
    "200k": "synthetic",
    "1m": "synthetic",
    "minilm": "words by MiniLM",
    "glove": "GloVe's word vectors",
    "photos": "photos by EfficientNet-Lite0",
}
NAMES = {
    "ours": "Gallery",
    "ours_bfloat16": 'Gallery, reorder="bfloat16"',
    "ours_int8": 'Gallery, reorder="int8"',
    "faiss_ivf": "FAISS IVF-PQ fast scan",
    "faiss_hnsw": "FAISS HNSW",
    "exact": "exact",
}


def title(name, record):
    config = record["config"]
    return f"{config['rows']:,} x {config['dim']}, {TITLES[name]}"
