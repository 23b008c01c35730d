#include "spec/validate.h"

#include <limits>
#include <string>

#include "spec/fields.h"

namespace duress::spec {

namespace {

constexpr Bytes kPage = kib(4);

std::string number(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string written(Percent percent) { return number(percent.value) + "%"; }

std::string written(const std::variant<Bytes, Percent>& size) {
  if (const auto* percent = std::get_if<Percent>(&size)) return written(*percent);
  return format_bytes(std::get<Bytes>(size));
}

bool in_percent(Percent load) { return load.value >= 1 && load.value <= 100; }

class Validator {
 public:
  explicit Validator(Names names) : names_(names) {}

  std::vector<Problem> check(const Stressors& loads) {
    if (!loads.stressng.empty()) return {};
    if (loads.memory) memory(*loads.memory);
    if (loads.cpu) cpu(*loads.cpu);
    if (!loads.memory && !loads.cpu) {
      const bool flags = names_ == Names::kFlags;
      problems_.push_back({flags ? "no load" : "spec.stressors", "",
                           flags ? "give --memory SIZE, --cpu LOAD or both"
                                 : "nothing to do: give memory, cpu or both"});
    }
    return std::move(problems_);
  }

 private:
  std::string full(std::string_view path) const {
    if (names_ == Names::kFlags) return short_name(path);
    return "spec.stressors." + std::string(path);
  }

  // As another field's message speaks of it.
  std::string short_name(std::string_view path) const {
    const Field* field = field_by_path(path);
    if (names_ == Names::kFlags && field != nullptr) return std::string(field->flag);
    return std::string(path);
  }

  // "--then regrow" or "memory.whenOOM.then: regrow".
  std::string setting(std::string_view path, std::string_view value) const {
    return short_name(path) + (names_ == Names::kFlags ? " " : ": ") + std::string(value);
  }

  void refuse(std::string_view path, std::string given, std::string message) {
    problems_.push_back({full(path), std::move(given), std::move(message)});
  }

  void range(std::string_view path, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (value >= least && value <= most) return;
    refuse(path, std::to_string(value), std::string(field_by_path(path)->allowed));
  }

  void memory(const MemoryLoad& load) {
    range("memory.workers", load.workers, 1, kMostWorkers);
    if (load.oom_score_adj) range("memory.oomScoreAdj", *load.oom_score_adj, -1000, 1000);
    not_negative("memory.reserve", load.reserve);
    not_negative("memory.rewrite", load.rewrite);
    if (load.ramp.count() < 0) {
      refuse("memory.time", format_duration(load.ramp),
             std::string(field_by_path("memory.time")->allowed));
    }
    if (!load.size_given) {
      refuse("memory.size", "", "missing: " + std::string(field_by_path("memory.size")->allowed));
    } else if (load.workers > 0) {
      if (const auto* percent = std::get_if<Percent>(&load.size)) part(load, *percent);
      if (const auto* bytes = std::get_if<Bytes>(&load.size)) fixed(load, *bytes);
    }
    reach(load);
    percentage(load);
    oom(load.when_oom);
    if (!load.options.empty()) stressng(load);
  }

  void not_negative(std::string_view path, Bytes bytes) {
    if (bytes.value >= 0) return;
    refuse(path, format_bytes(bytes), std::string(field_by_path(path)->allowed));
  }

  void part(const MemoryLoad& load, Percent percent) {
    if (!(percent.value > 0)) {
      return refuse("memory.size", written(percent),
                    std::string(field_by_path("memory.size")->allowed));
    }
    if (load.percent_of == PercentOf::kRequest) return;
    if (percent.value > 100) {
      return refuse(
          "memory.size", written(percent),
          "above 0% and up to 100%; more only with " + setting("memory.percentOf", "request"));
    }
    if (load.size_of == SizeOf::kWorker && percent.value * load.workers > 100) {
      refuse("memory.size", written(percent),
             "for each of " + std::to_string(load.workers) + " workers that makes " +
                 number(percent.value * load.workers) + "%: up to 100% in all, or leave out " +
                 setting("memory.sizeOf", "worker"));
    }
  }

  void fixed(const MemoryLoad& load, Bytes size) {
    const bool each = load.size_of == SizeOf::kWorker;
    if (size.value <= 0) {
      return refuse("memory.size", format_bytes(size),
                    std::string(field_by_path("memory.size")->allowed));
    }
    if (each && size.value > std::numeric_limits<std::int64_t>::max() / load.workers) {
      return refuse(
          "memory.size", format_bytes(size),
          "too large for " + std::to_string(load.workers) + " workers: less than 8 EiB in all");
    }
    if ((each ? size : size / load.workers) >= kPage) return;
    const std::string workers = std::to_string(load.workers);
    refuse("memory.size", format_bytes(size),
           each || load.workers == 1
               ? "it would do nothing: at least 4 KiB, one page"
               : "some of " + workers + " workers would do nothing: at least 4 KiB for each, " +
                     format_bytes(kPage * load.workers));
  }

  void reach(const MemoryLoad& load) {
    if (load.mode == Mode::kReach && load.size_of == SizeOf::kWorker) {
      refuse("memory.sizeOf", "worker",
             "total with " + setting("memory.mode", "reach") +
                 ", which brings the whole target to the size");
    }
    if (load.mode == Mode::kAdd && load.metric != Metric::kUsage) {
      refuse("memory.metric", load.metric == Metric::kAnon ? "anon" : "workingSet",
             "it says what " + setting("memory.mode", "reach") + " steers: give that too");
    }
  }

  void percentage(const MemoryLoad& load) {
    const bool of_request = load.percent_of == PercentOf::kRequest;
    if (load.percent_of && load.size_given && std::holds_alternative<Bytes>(load.size)) {
      refuse("memory.percentOf", "",
             "the size is " + written(load.size) +
                 ", not a percentage: leave this out, or write the size as one such as 80%");
    }
    if (of_request && !load.request) {
      refuse("memory.request", "",
             "missing: " + setting("memory.percentOf", "request") +
                 " needs the container's memory request, such as 200MiB");
    }
    if (!load.request) return;
    if (load.request->value <= 0) {
      refuse("memory.request", format_bytes(*load.request),
             std::string(field_by_path("memory.request")->allowed));
    } else if (!of_request) {
      refuse("memory.request", "",
             "it would do nothing: give " + setting("memory.percentOf", "request") + " too");
    }
  }

  void oom(const WhenOom& when) {
    if (when.max_kills < 0) range("memory.whenOOM.maxKills", when.max_kills, 0, 1'000'000);
    const bool regrow = when.then == Then::kRegrow;
    if (when.max_kills == 0 && !regrow) {
      refuse("memory.whenOOM.maxKills", "0",
             "1 or more; 0, without end, only with " + setting("memory.whenOOM.then", "regrow"));
    }
    const bool worker_dies =
        when.policy == OomPolicy::kNatural || when.policy == OomPolicy::kStressorFirst;
    if (worker_dies) return;
    const std::string policy =
        setting("memory.whenOOM.policy", when.policy == OomPolicy::kAvoid ? "avoid" : "appFirst");
    const std::string which = "no worker is to be killed under " + policy +
                              ": leave it out, or take natural or stressorFirst";
    if (regrow) refuse("memory.whenOOM.then", "regrow", which);
    if (when.max_kills > 1) {
      refuse("memory.whenOOM.maxKills", std::to_string(when.max_kills), which);
    }
  }

  // stress-ng knows workers and size; the rest is ours, and dropping it in silence would be a lie.
  void stressng(const MemoryLoad& load) {
    const MemoryLoad plain;
    const auto ours = [&](std::string_view path, bool changed) {
      if (!changed) return;
      refuse(path, "",
             "stress-ng runs memory.options and knows no such thing: leave out one of the two");
    };
    ours("memory.mode", load.mode != plain.mode);
    ours("memory.reserve", load.reserve != plain.reserve);
    ours("memory.time", load.ramp != plain.ramp);
    ours("memory.rewrite", load.rewrite != plain.rewrite);
    ours("memory.swappable", load.swappable);
    ours("memory.whenOOM.policy", load.when_oom.policy != plain.when_oom.policy);
    ours("memory.whenOOM.then", load.when_oom.then != plain.when_oom.then);
  }

  void cpu(const CpuLoad& load) {
    range("cpu.workers", load.workers, 1, kMostWorkers);
    if (!load.load_given) {
      refuse("cpu.load", "", "missing: " + std::string(field_by_path("cpu.load")->allowed));
    } else if (!in_percent(load.load)) {
      refuse("cpu.load", written(load.load), std::string(field_by_path("cpu.load")->allowed));
    }
    if (load.options.empty()) return;
    const std::string message =
        "stress-ng runs cpu.options and knows no such thing: leave out one of the two";
    if (load.mode != Mode::kAdd) refuse("cpu.mode", "", message);
    if (load.percent_of != CpuPercentOf::kCore) refuse("cpu.percentOf", "", message);
  }

  Names names_;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> validate(const Stressors& loads, Names names) {
  return Validator(names).check(loads);
}

}  // namespace duress::spec
