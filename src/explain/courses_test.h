// The courses that the tests of verdicts know by name, and what a verdict says as one text. Test
// code only; one thread.
#pragma once

#include <string>

#include "explain/course_test.h"
#include "explain/verdict.h"

namespace duress::explain::testing {

[[nodiscard]] Verdict judged(const Course& course);
// Everything that the verdict says, for what must or must not be said anywhere.
[[nodiscard]] std::string all_of(const Verdict& verdict);

[[nodiscard]] Course fine();
[[nodiscard]] Course sawtooth(int teeth);
// So much held and still, beside an application that grows from `from` past what is left.
[[nodiscard]] Course application_killed(Bytes held, Bytes from);
[[nodiscard]] Course liveness(int failures);
[[nodiscard]] Course group_killed(bool by_stress);
// In so many of 20 periods before the load, and of 100 while it was on.
[[nodiscard]] Course throttled(std::int64_t before, std::int64_t during);
[[nodiscard]] Course supervisor_killed();
[[nodiscard]] Course guard();
[[nodiscard]] Course failed();
[[nodiscard]] Course outsider();
[[nodiscard]] Course unnamed();
[[nodiscard]] Course stressor_first();
[[nodiscard]] Course thrashing();
[[nodiscard]] Course node_short();
[[nodiscard]] Course limit_changed();
[[nodiscard]] Course exits(int code);
// Asks for `size`, gets to `got` and stays there; the application goes to `own`.
[[nodiscard]] Course stuck(Bytes size, Bytes got, Bytes own, const std::string& policy = "natural");

}  // namespace duress::explain::testing
