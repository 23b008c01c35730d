#include "spec/problem.h"

namespace duress::spec {

std::string format_problem(const Problem& problem) {
  std::string line = problem.field + ": ";
  if (!problem.given.empty()) line += problem.given + " is not allowed: ";
  return line + problem.message;
}

}  // namespace duress::spec
