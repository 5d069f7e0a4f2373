"""The picture of the page in its guide, of a quickstart's gallery.

keras-cmr quickstart
python benchmarks/page_picture.py runs/quickstart docs/images/page.png

Needs `pip install -e ".[serve,browser]"` and Chromium.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1180, 760


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--reference", default="css_test_000000.png")
    parser.add_argument(
        "--text", default="add large green rectangle to middle-left"
    )
    args = parser.parse_args()
    command = [sys.executable, "-m", "keras_cmr.cli", "serve"]
    command += [args.folder / "gallery", "--model", args.folder / "tirg_mi"]
    command += ["--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        said = server.stdout.readline()
        address = re.search(r"http://[\d.:]+\d", said)[0]
        picture(address, args)
    finally:
        server.terminate()
        server.wait()


def picture(address, args):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(300_000)
        page.goto(address)
        page.wait_for_selector("#subtitle:has-text('pictures with')")
        page.goto(f"{address}/#reference={args.reference}")
        page.wait_for_selector(".place")
        page.fill("#text", args.text)
        page.keyboard.press("Enter")
        page.wait_for_selector("#title:has-text('but')")
        page.wait_for_selector(".hits:not([aria-busy]) .place")
        page.mouse.move(0, 0)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=args.picture)
        browser.close()
    # A quarter of the bytes; other methods make cyan green.
    whole = Image.open(args.picture).convert("RGB")
    method = Image.Quantize.FASTOCTREE
    small = whole.quantize(256, method, dither=Image.Dither.NONE)
    small.save(args.picture, optimize=True)


if __name__ == "__main__":
    main()
