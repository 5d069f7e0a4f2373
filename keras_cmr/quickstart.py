"""The whole way in minutes: scenes, training, figures, gallery, report."""

import dataclasses
import json
import shlex
import time

import numpy as np
from PIL import Image

from keras_cmr import datasets
from keras_cmr import visualization
from keras_cmr.callbacks import StepHistory
from keras_cmr.config import Config
from keras_cmr.durable import replace_file
from keras_cmr.experiment import train
from keras_cmr.new_folder import new_folder
from keras_cmr.retrieval import Gallery

CONFIG = Config(
    scenes=1200,
    embedding_dim=256,
    text_units=256,
    mutual_information=("TextImageMI", "FusionImageMI"),
    group_size=3,
    epochs=4,
)
SMOKE = {"scenes": 30, "epochs": 1, "batch_size": 16, "embedding_dim": 32}

# The method and the two halves of it that see less.
ROWS = {
    "TIRG + MI": {},
    "image only": {"fusion": "ImageOnly", "mutual_information": ()},
    "text only": {"fusion": "TextOnly", "mutual_information": ()},
}
METHOD = next(iter(ROWS))
SEARCHES = 3
# Enough pictures to search among, few enough to write and look through.
GALLERY_SCENES = 150


def quickstart(out, seed=0, smoke=False, say=print):
    """Trains TIRG with mutual information on small CSS and shows the result.

    Args:
        out: Path. New or empty folder; it gets one folder a model
            (`config.yaml`, `model.keras`, `history.json`, `report.json`), and
            for the whole `report.json`, `report.html`, `pictures/` and
            `gallery/`.
        seed: int. Seed of scenes, weights and batches. Defaults to `0`.
        smoke: bool. Tiny sizes, to see that it runs. Defaults to `False`.
        say: Callable that takes each line of progress. Defaults to `print`.

    Returns:
        Path of `report.html`.
    """
    start = time.perf_counter()
    out = new_folder(out)
    config = dataclasses.replace(
        CONFIG, seed=seed, data_seed=seed, **(SMOKE if smoke else {})
    )
    command = f"keras-cmr quickstart --out {shlex.quote(str(out))}"
    command += f" --seed {seed}" + (" --smoke" if smoke else "")

    say(f"1/4  Generating {2 * config.scenes:,} scenes")
    benchmark = datasets.css.generate(
        scenes=config.scenes,
        modifications=config.modifications,
        renders=config.renders,
        image_size=config.image_size,
        seed=config.data_seed,
    )
    steps = StepHistory(every=4 if smoke else 15)
    runs = {}
    for number, (name, changes) in enumerate(ROWS.items(), 1):
        say(f"2/4  Training and measuring model {number} of 3: {name}")
        runs[name] = train(
            dataclasses.replace(config, **changes),
            out / name.replace(" + ", "_").replace(" ", "_").lower(),
            benchmark=benchmark,
            callbacks=[steps] if name == METHOD else [],
            command=command,
        )
    model = runs[METHOD].model

    say("3/4  Building a gallery and searching it")
    gallery, paths = _build_gallery(out, model, benchmark.test)
    searches = [
        visualization.search_example(
            paths[reference],
            text,
            gallery.search(paths[reference], text, k=6),
        )
        for reference, text in _choose_searches(benchmark.test, paths)
    ]
    say("4/4  Writing the report")
    reports = {name: run.report for name, run in runs.items()}
    figures = {name: report.figures for name, report in reports.items()}
    replace_file(out / "report.json", json.dumps(figures, indent=1))
    seconds = time.perf_counter() - start
    page = visualization.write_html_report(
        out / "report.html",
        title="Composed image retrieval in minutes",
        subtitle="A reference picture and a change in words find the "
        "picture that is meant, among shape-colour combinations half of "
        "which no training scene held.",
        summary={
            "R@1": reports[METHOD].figures["R@1"],
            "R@10": reports[METHOD].figures["R@10"],
            "queries": len(benchmark.test.queries),
            "candidates": len(benchmark.test.images),
        },
        summary_note="Share of test queries whose first (first ten) answers "
        "hold a picture of the wanted content, with 95 % bootstrap intervals "
        f"over queries. Protocol {config.protocol}.",
        tables=[
            visualization.report_table(
                reports,
                title="What the fusion is worth",
                note="All three were trained for the same number of steps. "
                f"Each reference has {config.modifications} targets that "
                "look like it: who can't read the text can still guess "
                "among them.",
                highlight=METHOD,
            )
        ],
        history=steps.history,
        history_steps=steps.steps,
        examples=_examples(model, benchmark.test, reports[METHOD]),
        searches=searches,
        provenance=_provenance(command, reports[METHOD], seconds),
        commands=_next_commands(out, paths, searches),
    )
    for name, report in reports.items():
        figure = report.figures["R@1"]
        say(
            f"     {name:11} R@1 {100 * figure['value']:5.1f} %  "
            f"[{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"
        )
    say(f"\nOpen {page.resolve()}\n\nTry next:")
    for purpose, line in _next_commands(out, paths, searches):
        say(f"  # {purpose}\n  {line}")
    return page


def _build_gallery(out, model, split):
    """Writes pictures of some test scenes and indexes them."""
    folder = out / "pictures"
    folder.mkdir()
    queries = split.queries
    some = slice(GALLERY_SCENES * CONFIG.modifications)
    chosen = set(queries.references[some].tolist())
    chosen.update(*queries.targets[some])
    paths = {}
    for image in sorted(chosen):
        paths[image] = folder / f"{split.images.ids[image]}.png"
        Image.fromarray(split.images.pixels[image]).save(paths[image])
    gallery = Gallery.create(out / "gallery", model)
    gallery.add(
        list(paths.values()), ids=[path.name for path in paths.values()]
    )
    gallery.compact()
    return gallery, paths


def _choose_searches(split, paths):
    """A search each of the first kinds of modification: add, make, remove."""
    chosen = {}
    for reference, text in zip(
        split.queries.references, split.queries.modifications, strict=True
    ):
        verb = str(text).split()[0]
        if int(reference) in paths and verb not in chosen:
            chosen[verb] = (int(reference), str(text))
    return list(chosen.values())[:SEARCHES]


def _examples(model, split, report):
    """Two hits and two misses, so that neither is hidden."""
    found = np.flatnonzero(report.ranks == 1)[:2]
    missed = np.flatnonzero(report.ranks != 1)[:2]
    references = split.images.pixels[split.queries.references]
    return visualization.ranked_examples(
        model.embed_queries(references, split.queries.modifications.tolist()),
        model.embed_targets(split.images.pixels),
        split,
        np.concatenate([found, missed]),
    )


def _provenance(command, report, seconds):
    context = report.context
    return {
        "command": command,
        "seed": context["config"]["seed"],
        "test split": f"css/test, sha256 {report.dataset_fingerprint[:16]}",
        "model": f"sha256 {report.model_fingerprint[:16]}",
        "keras_cmr": report.package_version,
        "keras": f"{context['keras']} on {context['backend']}",
        "CPU": context["cpu"],
        "training of one model": f"{context['training_seconds']:.0f} s",
        "wall time": f"{seconds:.0f} s",
    }


def _next_commands(out, paths, searches):
    model = shlex.quote(str(out / METHOD.replace(" + ", "_").lower()))
    gallery = shlex.quote(str(out / "gallery"))
    image = shlex.quote(str(next(iter(paths.values()))))
    hits = shlex.quote(str(out / "hits.png"))
    text = searches[0].modification
    return [
        (
            "search again, with a change of your own",
            f"keras-cmr search {gallery} --model {model} --image {image} "
            f'--text "{text}" --out {hits}',
        ),
        (
            "measure the saved model once more",
            f"keras-cmr evaluate {model}",
        ),
        (
            "the full benchmark, from a checkout (see README for the time)",
            "keras-cmr train configs/css_tirg_mi.yaml",
        ),
    ]
