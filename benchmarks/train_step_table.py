"""The README's table of what a training step costs."""

import json
from pathlib import Path

from benchmarks.readme_block import fill_readme

MARKER = "train_step"
TARGETS = {"pytorch": 0.7, "terms": 1.15}
SIDES = {
    "keras": "TensorFlow as it starts",
    "keras_onednn": "TensorFlow with oneDNN",
}
TERMS = {
    "text": "`TextImageMI`",
    "fusion": "`FusionImageMI`",
    "both": "both terms",
}
MODELS = {
    "resnet_18": "ResNet-18, 64 px, batch 32",
    "small": "small ResNet, 64 px, batch 192 (`css_tirg_mi`)",
}


def read(folder, name):
    """The record of a cell, or None."""
    path = Path(folder) / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def write(folder, into_readme):
    """Writes `table.md` from the records, and into the README."""
    text = "\n".join(
        part
        for part in (
            ratio_rows(folder),
            caching_rows(folder),
            accelerator_rows(folder),
        )
        if part
    )
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / "table.md").write_text(text)
    if into_readme:
        fill_readme(MARKER, text)
    print(text)


def ratio_rows(folder):
    """CPU time beside PyTorch and beside the step without terms."""
    lines = []
    for image_size in (64, 128):
        record = read(folder, f"pytorch_{image_size}")
        for side, title in SIDES.items() if record else ():
            lines.append(
                ratio_row(
                    f"TIRG ResNet-18, {image_size} px, batch 32, {title}",
                    "the same graph in PyTorch",
                    record,
                    side,
                    record["faster_torch"],
                    "pytorch",
                )
            )
    for model, title in MODELS.items():
        record = read(folder, f"terms_{model}")
        for terms, name in TERMS.items() if record else ():
            lines.append(
                ratio_row(
                    f"{name} on {title}",
                    "the step without",
                    record,
                    terms,
                    "none",
                    "terms",
                )
            )
    if not lines:
        return ""
    head = "| step | beside | CPU time | ratio [range] | target | load |\n"
    return head + "|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n"


def ratio_row(step, beside, record, side, base, section):
    seconds = {
        name: 1000 * record["seconds_a_step"][name]["cpu_seconds"]["median"]
        for name in (side, base)
    }
    ratio = record["ratios"][side]["cpu_seconds"]
    load = record["hardware"]["load_average"][0]
    return (
        f"| {step} | {beside} | {seconds[side]:.0f} and {seconds[base]:.0f} ms "
        f"| {ratio['median']:.2f} [{ratio['min']:.2f}, {ratio['max']:.2f}] "
        f"| {TARGETS[section]} | {load:.1f} |"
    )


def caching_rows(folder):
    """Memory and time a step, one line a cell."""
    lines = []
    for terms in ("none", "text"):
        for batch_size in (64, 512, 4096):
            cells = [
                caching_cell(
                    read(folder, f"caching_{terms}_{microbatch}_{batch_size}")
                )
                for microbatch in (None, 64)
            ]
            if any(cells):
                name = TERMS.get(terms, "none")
                cells = [cell or "not measured" for cell in cells]
                lines.append(f"| {batch_size} | {name} | {' | '.join(cells)} |")
    if not lines:
        return ""
    head = "| batch | terms | whole batch | `microbatch_size=64` |\n"
    return head + "|---|---|---|---|\n" + "\n".join(lines) + "\n"


def caching_cell(record):
    if record is None:
        return ""
    if "memory" in record:
        memory = record["memory"]
        return (
            f"{memory['training_mib']:,.0f} MiB, "
            f"{memory['cpu_seconds']:.1f} s CPU a step"
        )
    needed = record.get("estimated_training_mib")
    limit = record["memory_limit_mib"]
    text = f"not run: more than {limit:,.0f} MiB"
    return text + (f", about {needed:,.0f} MiB" if needed else "")


def accelerator_rows(folder):
    lines = []
    for path in sorted(Path(folder).glob("accelerator_*.json")):
        record = json.loads(path.read_text())
        config, medians = record["config"], record["medians"]
        lines.append(
            f"| {record['device']} | {config['dtype']} "
            f"| {config['batch_size']} | {medians['images_a_second']:,.0f} "
            f"| {100 * medians['share_of_matrix_rate']:.0f} % |"
        )
    if not lines:
        return ""
    head = "| device | dtype | batch | images a second | of its matrix rate |\n"
    return head + "|---|---|---|---|---|\n" + "\n".join(lines) + "\n"
