#!/usr/bin/env python3
"""Runs clang-tidy over the sources of src/ and apps/, and remembers what was clean.

A result is keyed by the content of everything that can change it: the configuration, the compile command, the
source, and every header of the project that it reaches. So a repeat costs nothing, and a changed header costs
only the files that include it.
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
TIDY = "clang-tidy-19"


def reached(source: pathlib.Path) -> list[pathlib.Path]:
    """The source and the project's headers that it includes, directly or not."""
    seen, todo = set(), [source]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in INCLUDE.findall(path.read_text(errors="replace")):
            for base in (ROOT / "src", path.parent):
                if (base / name).is_file():
                    todo.append((base / name).resolve())
                    break
    return sorted(seen)


def key_of(entry: dict, common: bytes) -> str:
    digest = hashlib.sha256(common)
    digest.update((entry.get("command") or " ".join(entry["arguments"])).encode())
    for path in reached(pathlib.Path(entry["file"]).resolve()):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run(entry: dict, build: str, mark: pathlib.Path) -> tuple[str, str]:
    """What clang-tidy has to say about one file; nothing when it is clean."""
    done = subprocess.run([TIDY, "--quiet", "-p", build, entry["file"]], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        mark.touch()
        return entry["file"], ""
    return entry["file"], done.stdout or done.stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--build", default="build/tidy")
    parser.add_argument("--cache", default="build/lint/tidy")
    options = parser.parse_args()

    cache = pathlib.Path(options.cache)
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    entries = {}
    for entry in json.loads((pathlib.Path(options.build) / "compile_commands.json").read_text()):
        inside = pathlib.Path(entry["file"]).resolve()
        if any(inside.is_relative_to(ROOT / top) for top in ("src", "apps")):
            entries[entry["file"]] = entry
    if not entries:
        print(f"{options.build} compiles no source of src/ or apps/: is it configured?", file=sys.stderr)
        return 1

    marks = {file: cache / key_of(entry, common) for file, entry in entries.items()}
    todo = [entries[file] for file, mark in sorted(marks.items()) if not mark.exists()]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for file, said in pool.map(lambda e: run(e, options.build, marks[e["file"]]), todo):
            if said:
                bad += 1
                print(f"{pathlib.Path(file).relative_to(ROOT)}:\n{said}", file=sys.stderr)
    print(f"clang-tidy: {len(entries)} files, {len(entries) - len(todo)} unchanged, {bad} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
