#!/usr/bin/env bash
# Every rule of style that a machine can check. All stages run, so that one call shows all there is to do.
# Give stage names to run only those: format shell size layers tidy cppcheck.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=${JOBS:-$(nproc)}
out=build/lint
mkdir -p "$out/cppcheck"

# What git knows or would take in: a build tree inside the checkout is never looked at.
files() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r f; do
  if [[ -e $f ]]; then echo "$f"; fi
done; }

lint_format() {
  local wrong
  wrong=$(files '*.cpp' '*.h' | xargs -r clang-format-19 --dry-run -Werror 2>&1 |
    sed -n 's/^\([^ :]*\):[0-9].*/\1/p' | sort -u || true)
  if [[ -n $wrong ]]; then
    echo "not formatted (run: make format):" >&2
    echo "$wrong" >&2
    return 1
  fi
}

lint_shell() { { files '*.sh' && files .ci/run; } | xargs -r shellcheck --external-sources; }

# A file that is too long is split, or named with its reason in tools/oversize.txt. So are excuses nobody needs.
lint_size() {
  local bad=0 file most lines
  while read -r file; do
    most=400
    [[ $file == *.h ]] && most=120
    lines=$(wc -l <"$file")
    if grep -q "^${file}[[:space:]]" tools/oversize.txt; then
      if ((lines <= most)); then
        echo "$file: $lines lines, within $most: take its line out of tools/oversize.txt" >&2
        bad=1
      fi
    elif ((lines > most)); then
      echo "$file: $lines lines, at most $most: split it, or say why in tools/oversize.txt" >&2
      bad=1
    fi
  done < <(files '*.cpp' '*.h')
  while read -r file _; do
    [[ -z $file || $file == '#' || -e $file ]] && continue
    echo "tools/oversize.txt: $file does not exist: take its line out" >&2
    bad=1
  done <tools/oversize.txt
  return "$bad"
}

lint_layers() {
  local test=$out/layers_test source=tests/layers/layers_test.cpp
  if [[ ! -x $test || $source -nt $test ]]; then
    g++ -std=c++23 -Wall -Wextra -DDURESS_SOURCE_DIR="\"$PWD\"" "$source" -o "$test" \
      -lgmock -lgtest -lgtest_main -pthread
  fi
  "$test" --gtest_brief=1
}

lint_tidy() {
  cmake --preset tidy -B build/tidy >"$out/tidy.log" 2>&1 || {
    cat "$out/tidy.log" >&2
    return 1
  }
  tools/tidy.py --jobs "$jobs" --build build/tidy --cache "$out/tidy"
}

# Left to clang-tidy, which knows more: passedByValue, useStlAlgorithm, returnStdMoveLocal, zerodivcond,
# legacyUninitvar. The rest is not cppcheck's to read: the system's headers, GoogleTest's macros, and the registers that the worker's system calls name.
lint_cppcheck() {
  files 'src/*.cpp' 'apps/*.cpp' 'bench/*.cpp' 'tests/*.cpp' >"$out/cppcheck.files"
  cppcheck --quiet --std=c++20 --language=c++ --library=googletest --inline-suppr -I src -j "$jobs" \
    --enable=warning,performance,portability --suppress=missingIncludeSystem --suppress=unknownMacro \
    --suppress=passedByValue --suppress=useStlAlgorithm --suppress=returnStdMoveLocal \
    --suppress=zerodivcond --suppress=legacyUninitvar --suppress=constStatement:src/stress/worker/syscalls.h --error-exitcode=1 \
    --cppcheck-build-dir="$out/cppcheck" --file-list="$out/cppcheck.files"
}

stages=("$@")
[[ ${#stages[@]} -gt 0 ]] || stages=(format shell size layers tidy cppcheck)
tools/install-deps.sh lint

failed=()
for stage in "${stages[@]}"; do
  began=$SECONDS
  # Run by itself: `set -e` sleeps inside a condition, and a stage must stop at its first failing step.
  set +e
  (
    set -e
    "lint_$stage"
  )
  rc=$?
  set -e
  if ((rc == 0)); then
    echo "lint $stage: clean ($((SECONDS - began)) s)"
  else
    echo "lint $stage: FAILED ($((SECONDS - began)) s)"
    failed+=("$stage")
  fi
done
if ((${#failed[@]} > 0)); then
  echo "lint: ${#failed[@]} of ${#stages[@]} failed: ${failed[*]}"
  exit 1
fi
echo "lint: clean"
