# Reads what test programs printed and says "PASSED FAILED SKIPPED". Understands GoogleTest, also behind ctest's
# "12: ", and TAP ("ok 1 - name", "not ok 2", "ok 3 # SKIP why"). A test that began and never ended has failed:
# its program crashed. Not anchored: what a test printed before may lack its newline.
{ sub(/\r$/, ""); sub(/^[0-9]+: /, "") }
/\[ RUN      \] / { begun++ }
/\[       OK \] .* \([0-9]+ ms\)$/ { passed++; ended++ }
/\[  SKIPPED \] .* \([0-9]+ ms\)$/ { skipped++; ended++ }
/\[  FAILED  \] .* \([0-9]+ ms\)$/ { failed++; ended++ }
/^ok [0-9]*.*# (SKIP|skip)/ { skipped++; next }
/^ok( |$)/ { passed++ }
/^not ok( |$)/ { failed++ }
# What follows runs the failed programs once more: what they say then counts, and that is told.
/^== once more/ { again += failed + (begun > ended ? begun - ended : 0); failed = begun = ended = 0 }
# What follows has failures of its own.
/^== another machine/ { before += failed + (begun > ended ? begun - ended : 0); failed = begun = ended = 0 }
END {
  failed += before
  if (begun > ended) failed += begun - ended
  print passed + 0, failed + 0, skipped + 0, again + 0
}
