#!/usr/bin/python3 -B
"""Looks at reports in a real browser: what is asked of the network, complained of, reachable, readable and printable.

usage: run.py [--keep DIRECTORY]    DURESS_BIN, DURESS_SAMPLES name the programs (default: of build/release)
Prints TAP. With --keep, pages and pictures stay there for whoever wants to look at them."""

import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from browser import Browser

ROOT = Path(__file__).resolve().parents[2]
DURESS = os.environ.get("DURESS_BIN", str(ROOT / "build/release/duress"))
SAMPLES = os.environ.get("DURESS_SAMPLES", str(ROOT / "build/release/tests/browser/sample-recordings"))
SHORT = ["calm", "sawtooth", "liveness", "throttled", "hostile"]
MOST_BYTES = 1_500_000
MOST_SECONDS = 5  # until the page of ten hours is there, on a machine that others use too

# Every element that shows text of its own: its colour over what is behind it, as WCAG 2 counts contrast.
CONTRAST = """(() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (top, bottom) => top.slice(0, 3).map((c, i) => c * top[3] + bottom[i] * (1 - top[3]));
  const light = (rgb) => rgb.map((c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reduceRight((colour, layer) => over(layer, colour), [255, 255, 255]);
  };
  const wrong = [];
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.getClientRects().length || ['SCRIPT', 'title', 'desc'].includes(element.tagName)) continue;
    if (element.disabled) continue;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const ink = over(parse(element instanceof SVGElement ? style.fill : style.color), ground);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) wrong.push(`${element.tagName}.${element.getAttribute('class')}: ${((a + .05) / (b + .05)).toFixed(2)}`);
  }
  return [...new Set(wrong)];
})()"""

HEADINGS = "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((h) => Number(h.tagName[1]))"
READOUT = "document.querySelector('.readout .when').textContent + [...document.querySelectorAll('[data-column]')].map((b) => b.textContent)"
FOCUS = "document.activeElement.className"

count = 0
failed = 0


def check(right, name, why=""):
    global count, failed
    count += 1
    failed += 0 if right else 1
    print(f"{'ok' if right else 'not ok'} {count} - {name}{'' if right else f': {why}'}", flush=True)


def colours(png):
    """How many different rows a PNG has: a blank picture has one."""
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at:at + 4], "big")
        if png[at + 4:at + 8] == b"IHDR":
            width = int.from_bytes(png[at + 8:at + 12], "big")
            height = int.from_bytes(png[at + 12:at + 16], "big")
        elif png[at + 4:at + 8] == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += length + 12
    pixels = zlib.decompress(data)
    row = len(pixels) // height
    return len({pixels[i * row:(i + 1) * row] for i in range(height)}), width


def quiet(page, name):
    check(page.requests() == [], f"{name} asks for nothing from the network", page.requests())
    check(page.problems() == [], f"{name} has nothing to complain of", page.problems())


def structure(page, name, several=False):
    levels = page.run(HEADINGS)
    in_order = levels[0] == 1 and levels.count(1) == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:]))
    check(in_order, f"{name} has its headings in order", levels)
    marks = {tag: page.run(f"document.querySelectorAll('body > {tag}').length") for tag in ("header", "main", "footer")}
    check(all(n == 1 for n in marks.values()), f"{name} has its landmarks", marks)
    check(page.run("document.querySelectorAll('nav').length") == (1 if several else 0), f"{name} has an index where it needs one")
    bare = page.run("[...document.querySelectorAll('table')].filter((t) => !t.caption || !t.querySelector('th[scope=col]')).length")
    check(bare == 0, f"{name}: every table has a caption and heads", bare)
    unnamed = page.run("[...document.querySelectorAll('svg[role=img]')].filter((s) => !s.querySelector('title') || !s.querySelector('desc').textContent).length")
    check(unnamed == 0, f"{name}: every picture has a text", unnamed)


def keyboard(page):
    for _ in range(20):
        page.key("Tab")
        if page.run(FOCUS) == "hit":
            break
    check(page.run(FOCUS) == "hit", "the chart is reached by the Tab key", page.run(FOCUS))
    before = page.run(READOUT)
    page.key("ArrowRight", shift=True)
    after = page.run(READOUT)
    check(before != after, "an arrow key changes the figures", after)
    spoken = page.run("document.activeElement.getAttribute('aria-valuetext')")
    check("usage" in spoken and "MiB" in spoken, "and they are told to a screen reader", spoken)
    page.key("Home")
    page.key("n")
    check("load start" in page.run("document.querySelector('.what').textContent"), "n goes to the next event",
          page.run("document.querySelector('.what').textContent"))
    box = "document.querySelector('.paths').getAttribute('viewBox')"
    whole = page.run(box)
    page.key("+")
    check(page.run(box) != whole, "plus zooms", page.run(box))
    page.key("Escape")
    check(page.run(box) == whole, "Escape shows all again", page.run(box))


def mouse(page):
    page.run("document.querySelector('.hit').scrollIntoView({block: 'center'})")
    box = page.run("(({left, top, width, height}) => [left, top, width, height])(document.querySelector('.plot.memory').getBoundingClientRect())")
    left, top, width, height = box
    y = top + height / 2
    page.mouse("mouseMoved", left + width * 0.3, y)
    first = page.run(READOUT)
    page.mouse("mouseMoved", left + width * 0.9, y)
    check(page.run(READOUT) != first, "the figures follow the mouse", first)
    view = "document.querySelector('.paths').getAttribute('viewBox')"
    whole = page.run(view)
    page.mouse("mousePressed", left + width * 0.2, y, 1)
    page.mouse("mouseMoved", left + width * 0.5, y, 1)
    page.mouse("mouseReleased", left + width * 0.5, y)
    start = float(page.run(view).split()[0])
    check(page.run(view) != whole and 1900 < start < 2100, "drawing the mouse over the chart zooms to that", page.run(view))
    labels = page.run("[...document.querySelectorAll('.xaxis text')].map((t) => t.textContent)")
    check(len(labels) >= 4 and labels[0] != "0:00", "and the time axis is that of the part", labels)


def looks(browser, directory, name):
    path = directory / f"{name}.html"
    light = browser.page(path)
    quiet(light, name)
    structure(light, name)
    picture = light.picture(directory / f"{name}-light.png")
    check(light.run(CONTRAST) == [], f"{name}: text has contrast on light", light.run(CONTRAST))
    light.close()
    dark = browser.page(path, scheme="dark")
    night = dark.picture(directory / f"{name}-dark.png")
    check(dark.run(CONTRAST) == [], f"{name}: text has contrast on dark", dark.run(CONTRAST))
    dark.close()
    rows = [colours(png)[0] for png in (picture, night)]
    check(picture != night and min(rows) > 100, f"{name} is drawn, and otherwise in the dark", rows)
    phone = browser.page(path, width=360, height=740)
    wide = phone.run("document.documentElement.scrollWidth")
    check(wide <= 360, f"{name} does not scroll sideways at 360 pixels", wide)
    phone.picture(directory / f"{name}-phone.png")
    phone.close()


def paper(browser, directory):
    page = browser.page(directory / "sawtooth.html", scheme="dark")
    pdf = page.paper(directory / "sawtooth.pdf")
    check(pdf.startswith(b"%PDF") and len(pdf) > 20_000, "a page is printed", len(pdf))
    page.call("Emulation.setEmulatedMedia", {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    check(ground == "rgb(255, 255, 255)", "paper is white though the screen is dark", ground)
    page.run("dispatchEvent(new Event('beforeprint'))")
    shut = page.run("document.querySelectorAll('details:not([open])').length")
    check(shut == 0, "nothing is folded on paper", shut)
    page.close()


def without_script(browser, directory):
    page = browser.page(directory / "sawtooth.html", script=False)
    picture = page.picture(directory / "sawtooth-noscript.png")
    check(colours(picture)[0] > 100, "a page is whole without script")
    check(page.requests() == [], "and asks for nothing", page.requests())
    page.close()


def make_pages(directory):
    subprocess.run([SAMPLES, str(directory)], check=True)
    for name in [*SHORT, "long"]:
        subprocess.run([DURESS, "report", str(directory / f"{name}.duress")], check=True, stdout=subprocess.DEVNULL)
    files = [str(directory / f"{name}.duress") for name in SHORT]
    subprocess.run([DURESS, "report", *files, "-o", str(directory / "all.html")], check=True, stdout=subprocess.DEVNULL)


def look_at_all(directory):
    make_pages(directory)
    with Browser() as browser:
        for name in SHORT:
            looks(browser, directory, name)
        page = browser.page(directory / "sawtooth.html")
        keyboard(page)
        mouse(page)
        quiet(page, "a page that was used")
        page.close()
        page = browser.page(directory / "hostile.html")
        check(page.run("document.images.length + document.querySelectorAll('svg[onload]').length") == 0, "names that are markup make no element")
        page.close()
        page = browser.page(directory / "all.html")
        quiet(page, "a page of several")
        structure(page, "a page of several", several=True)
        links = page.run("[...document.querySelectorAll('nav a')].every((a) => document.querySelector(a.getAttribute('href')))")
        check(links, "its index leads to each")
        page.close()
        page = browser.page(directory / "long.html")
        size = (directory / "long.html").stat().st_size
        check(size < MOST_BYTES, "ten hours make a small page", size)
        check(page.load_seconds < MOST_SECONDS, "that is quickly there", page.load_seconds)
        page.close()
        paper(browser, directory)
        without_script(browser, directory)


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--keep":
        directory = Path(sys.argv[2])
        directory.mkdir(parents=True, exist_ok=True)
        look_at_all(directory)
    elif len(sys.argv) == 1:
        with tempfile.TemporaryDirectory(prefix="duress-pages-") as directory:
            look_at_all(Path(directory))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
