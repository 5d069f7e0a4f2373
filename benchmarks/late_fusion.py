"""Late fusion without training on real photos, beside what it is made of.

python benchmarks/late_fusion.py choose DATA
python benchmarks/late_fusion.py rows DATA
python benchmarks/late_fusion.py table

DATA is a folder in Fashion200k's layout. `choose` tries settings on photos of
the training split, every sixth one, and writes `choice.json`; the defaults of
`keras_cmr.models.ClassNameSpace` and `LateFusion` come from there. `rows`
ranks the test split by `tirg/caption-match`: by the reference alone, by the
text alone, and by both, with each of the packages that embed texts; a report
each. `table` puts them beside the trained rows of `fashion_products.py`.
"""

import dataclasses
import hashlib
import itertools
import os
import sys
import time
from pathlib import Path

# Before TensorFlow is imported; README, "Speed".
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks import fashion_products_table  # noqa: E402
from benchmarks import measuring  # noqa: E402
from keras_cmr import datasets  # noqa: E402
from keras_cmr.datasets.load import cache_folder  # noqa: E402
from keras_cmr.evaluation import Report  # noqa: E402
from keras_cmr.evaluation import evaluate_embeddings  # noqa: E402
from keras_cmr.models import ClassNameSpace  # noqa: E402
from keras_cmr.models import LateFusion  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "late_fusion"
TRAINED = "fashion_products"
IMAGES = "efficientnet-lite0"
TEXTS = {"minilm": "all-minilm-l6-v2", "glove": "glove-6b-50d"}
ROWS = {
    "image": "the reference alone",
    "text": "the text alone",
    "both": "late fusion",
}
FIGURES = ("R@1", "R@5", "R@10", "R@50")
SIZE = 224
EVERY = 6
GRID = {
    "centre": (True, False),
    "num_classes": (3, 10, 50),
    "image_share": (0.25, 0.5, 0.75),
    "text_weight": (0.3, 0.5, 0.7),
}


def load(data, split):
    """A split of the photos, at the size the classifier wants."""
    benchmark = datasets.load("fashion200k", data_dir=data, image_size=SIZE)
    return getattr(benchmark, split)


def every(split, step):
    """Every `step`-th image of a split, and the queries among them."""
    images, queries = split.images, split.queries
    kept = np.arange(0, len(images), step)
    place = {int(image): i for i, image in enumerate(kept)}
    own = [targets[0] for targets in queries.targets]
    chosen = [
        i
        for i, (reference, target) in enumerate(
            zip(queries.references.tolist(), own, strict=True)
        )
        if reference in place and target in place
    ]
    return dataclasses.replace(
        split,
        images=dataclasses.replace(
            images,
            ids=images.ids[kept],
            labels=images.labels[kept],
            captions=images.captions[kept],
            pixels=np.stack([images.pixels[int(i)] for i in kept]),
            attributes={k: v[kept] for k, v in images.attributes.items()},
        ),
        queries=dataclasses.replace(
            queries,
            references=np.array(
                [place[int(queries.references[i])] for i in chosen], "int32"
            ),
            modifications=queries.modifications[chosen],
            target_labels=queries.target_labels[chosen],
            targets=tuple(
                tuple(place[t] for t in queries.targets[i] if t in place)
                for i in chosen
            ),
            kinds=queries.kinds[chosen],
            seen=None,
        ),
    )


def classify(space, split, batch_size=64):
    """What the classifier says of all images, kept in `KERAS_CMR_CACHE`."""
    key = hashlib.sha256(f"{IMAGES} {split.fingerprint}".encode()).hexdigest()
    kept = cache_folder() / f"late_fusion_{key[:16]}.npz"
    if kept.exists():
        return dict(np.load(kept))
    pixels, batches = split.images.pixels, []
    for start in range(0, len(pixels), batch_size):
        stop = min(start + batch_size, len(pixels))
        some = np.stack([pixels[i] for i in range(start, stop)])
        batches.append(space.classifier.predict_on_batch(some))
        print(f"{stop} of {len(pixels)} images", flush=True)
    said = {k: np.concatenate([b[k] for b in batches]) for k in batches[0]}
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.savez(kept, **said)
    return said


def text_rows(model, texts):
    """Embeddings of texts, each distinct one embedded once."""
    distinct, rows = np.unique(texts, return_inverse=True)
    return model.embed_texts(distinct.tolist())[rows]


def questions(model, split, candidates):
    """Dict of row to the embeddings of all queries."""
    images = candidates[split.queries.references]
    texts = text_rows(model, split.queries.modifications)
    both = model.fuse(images, texts)
    return {"image": images, "text": texts, "both": both}


def choose(data, results, step):
    """Tries the grid on training photos; writes `choice.json`."""
    before = measuring.hardware()
    cpu = time.process_time()
    space = ClassNameSpace.from_package(IMAGES, TEXTS["minilm"])
    split = every(load(data, "train"), step)
    said = classify(space, split)
    types = np.array([id.split("/")[1] for id in split.images.ids])
    found = []
    for values in itertools.product(*GRID.values()):
        settings = dict(zip(GRID, values, strict=True))
        weight = settings.pop("text_weight")
        tried = ClassNameSpace(
            space.classifier, space.texts, space.class_names, **settings
        )
        tried.__dict__["_names"] = space._names  # embedded once
        model = LateFusion(tried, weight)
        candidates = tried.place(**said)
        report = evaluate_embeddings(
            questions(model, split, candidates)["both"],
            candidates,
            split,
            resamples=10,
        )
        by_name = precision_of_types(model, candidates, types)
        found.append(
            {
                **settings,
                "text_weight": weight,
                "R@10": round(report.figures["R@10"]["value"], 4),
                "types by name, mAP": round(by_name, 4),
            }
        )
        print(found[-1], flush=True)
    record = {
        "images": len(split.images),
        "queries": len(split.queries),
        "types": len(common(types)),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "tried": found,
    }
    measuring.write_record(results / "choice.json", record, before)


def common(types, least=10):
    """The product types that at least so many photos show."""
    names, counts = np.unique(types, return_counts=True)
    return names[counts >= least].tolist()


def precision_of_types(model, candidates, types):
    """Mean average precision of a search by the name of each type."""
    names = common(types)
    texts = model.embed_texts([name.replace("_", " ") for name in names])
    precisions = []
    for name, scores in zip(names, texts @ candidates.T, strict=True):
        right = (types == name)[np.argsort(-scores, kind="stable")]
        ranks = np.flatnonzero(right) + 1
        precisions.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
    return float(np.mean(precisions))


def run_rows(data, results):
    """Reports of the test split, one a row and package of texts."""
    before = measuring.hardware()
    split = load(data, "test")
    said = None
    for name, package in TEXTS.items():
        cpu = time.process_time()
        model = LateFusion.from_package(IMAGES, package)
        if said is None:
            said = classify(model.space, split)
        candidates = model.space.place(**said)
        for row, queries in questions(model, split, candidates).items():
            report = evaluate_embeddings(
                queries,
                candidates,
                split,
                benchmark="fashion200k",
                model_fingerprint=model.fingerprint,
                context={
                    "command": "python benchmarks/late_fusion.py rows DATA",
                    "row": ROWS[row],
                    "model": model.description,
                    "text_weight": model.text_weight,
                    "image_share": model.space.image_share,
                    "num_classes": model.space.num_classes,
                    "cpu_seconds": round(time.process_time() - cpu, 1),
                    "hardware": before,
                    "versions": measuring.versions(),
                },
            )
            report.save(results / f"{name}_{row}.json")
            print(name, row, report, flush=True)


def write_table(results):
    """`table.md`, late fusion above the trained rows."""
    lines = [
        f"| model | trained on | {' | '.join(FIGURES)} |",
        "|---" * (len(FIGURES) + 2) + "|",
    ]
    for name, package in TEXTS.items():
        for row, title in ROWS.items():
            path = results / f"{name}_{row}.json"
            if path.exists():
                title = f"{title}, texts by {package}"
                lines.append(_line(title, "nothing", [Report.load(path)]))
    trained = fashion_products_table.load(results.parent / TRAINED)
    for name, seeds in trained.items():
        title = fashion_products_table.ROWS[name]
        lines.append(_line(title, "triplets", list(seeds.values())))
    text = "\n".join(lines) + "\n"
    (results / "table.md").write_text(text)
    print(text)


def _line(title, trained_on, reports):
    cells = []
    for figure in FIGURES:
        own = [report.figures[figure] for report in reports]
        value = 100 * np.mean([f["value"] for f in own])
        cells.append(f"{value:.1f}")
        if len(own) == 1:
            cells[-1] += f" [{100 * own[0]['low']:.1f}, "
            cells[-1] += f"{100 * own[0]['high']:.1f}]"
    return f"| {title} | {trained_on} | {' | '.join(cells)} |"


def main(arguments=None):
    parser = measuring.parser(__doc__)
    parser.add_argument("what", choices=("choose", "rows", "table"))
    parser.add_argument("data", type=Path, nargs="?", help="folder of photos")
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args(arguments)
    if chosen.what != "table" and chosen.data is None:
        parser.error("DATA is needed: the folder of the photos")
    chosen.out.mkdir(parents=True, exist_ok=True)
    if chosen.what == "choose":
        choose(chosen.data, chosen.out, EVERY)
    elif chosen.what == "rows":
        run_rows(chosen.data, chosen.out)
    if chosen.what != "choose":
        write_table(chosen.out)


if __name__ == "__main__":
    main()
