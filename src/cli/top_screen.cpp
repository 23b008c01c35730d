// The screen of the live table: heading, table, what `free` says, keys.
#include <algorithm>

#include "cli/top_output.h"
#include "render/screen.h"
#include "render/table.h"

namespace duress::cli {

namespace {

using render::Paint;

// The longest of the texts that fits, else the last cut.
std::string fitting(const std::vector<std::string>& texts, std::size_t columns) {
  for (const std::string& text : texts) {
    if (render::width(text) <= columns) return text;
  }
  return render::cut_line(texts.back(), columns);
}

// Lines of at most so many columns, broken at spaces; what follows is indented as its line is.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    while (line.size() > columns) {
      const std::size_t at = line.rfind(' ', columns);
      if (at == line.npos || at <= indent) break;
      out.push_back(line.substr(0, at));
      line = std::string(indent, ' ') + line.substr(at + 1);
    }
    out.push_back(std::move(line));
  }
  return out;
}

std::string heading(const observe::Overview& overview, const TopView& view, const TopFrame& frame,
                    std::size_t first, std::size_t shown) {
  const std::size_t count = overview.rows.size();
  std::string many = std::to_string(count) + (count == 1 ? " container" : " containers");
  if (count != frame.all)
    many = std::to_string(count) + " of " + std::to_string(frame.all) + " containers";
  if (shown < count)
    many += ", " + std::to_string(first + 1) + " to " + std::to_string(first + shown);
  const std::string order = "by " + view.order.key + (view.order.reversed ? ", reversed" : "");
  const std::string filter = view.selection.text.empty() ? "" : "  filter " + view.selection.text;
  const std::string name = "duress top  ";
  return fitting({name + many + "  " + order + filter + "  every " + frame.interval + "  cgroup " +
                      frame.version + "  " + frame.clock,
                  name + many + "  " + order + filter + "  " + frame.clock,
                  name + many + "  " + order + filter, name + many},
                 static_cast<std::size_t>(frame.columns));
}

constexpr std::string_view kKeys = "q end  s sort  r reverse  / filter  e columns  h help";

// Whether what the signs mean and the keys stand in one line.
bool fits_beside_legend(const TopFrame& frame) {
  return render::shown_width(render::gauge_legend(frame.look)) + 3 + render::width(kKeys) <=
         static_cast<std::size_t>(frame.columns);
}

std::string keys_line(const TopView& view, const TopFrame& frame) {
  const auto columns = static_cast<std::size_t>(frame.columns);
  if (view.typing)
    return fitting({"filter: " + view.selection.text + "_   Enter keeps it, Esc clears it",
                    "filter: " + view.selection.text + "_"},
                   columns);
  const std::string legend = render::gauge_legend(frame.look);
  const std::string keys(kKeys);
  if (!fits_beside_legend(frame)) return fitting({keys, "q end  h help"}, columns);
  return legend + "   " + render::paint(keys, Paint::kDim, frame.look.colour);
}

constexpr std::string_view kHelp =
    "q, Ctrl-C    end\n"
    "s            sort by the next column\n"
    "r            the other way round\n"
    "/            filter: a part of a name, Pod, namespace, ID or path\n"
    "arrows       up and down; Page Up, Page Down, Home, End\n"
    "e            what each column means, and the file that it is read from\n"
    "h            this\n";

// A text that is read in place of the table.
void add_text(std::vector<std::string>& out, std::string_view text, const TopView& view,
              const TopFrame& frame, std::size_t room) {
  const std::vector<std::string> lines = wrapped(text, static_cast<std::size_t>(frame.columns));
  const std::size_t most = lines.size() > room ? lines.size() - room : 0;
  const std::size_t first = std::min(view.scroll, most);
  for (std::size_t i = first; i < lines.size() && i < first + room; ++i) out.push_back(lines[i]);
}

}  // namespace

std::vector<std::string> top_screen(const observe::Overview& overview, const TopView& view,
                                    const TopFrame& frame) {
  const auto columns = static_cast<std::size_t>(frame.columns);
  const auto rows = static_cast<std::size_t>(std::max(frame.rows, 6));
  constexpr std::size_t kAround = 5;  // heading, head of the table, note, what free says, keys
  const std::size_t room = rows - kAround;
  const bool reading = view.helping || view.explaining;
  const std::size_t count = overview.rows.size();
  const std::size_t first = std::min(view.scroll, count > room ? count - room : 0);
  const std::size_t shown = std::min(room, count - first);

  std::vector<std::string> out;
  out.push_back(
      render::paint(heading(overview, view, frame, first, shown), Paint::kBold, frame.look.colour));
  if (reading) {
    out.emplace_back();
    add_text(out, view.helping ? std::string(kHelp) : top_explanation(), view, frame, rows - 4);
  } else if (count == 0) {
    out.emplace_back();
    add_text(out, nothing_to_show(view.selection, frame.all > 0), view, frame, rows - 4);
  } else {
    const std::vector<std::string> table = render::overview_lines(overview.rows, frame.look);
    out.push_back(table.front());
    for (std::size_t i = first; i < first + shown; ++i) out.push_back(table[i + 1]);
    out.push_back(
        render::paint(render::machine_line(overview, columns), Paint::kDim, frame.look.colour));
  }
  if (!overview.notes.empty() && out.size() + 1 < rows) out.push_back(overview.notes.front());
  while (out.size() + 1 < rows) out.emplace_back();
  const bool is_table = !reading && count > 0;
  if (is_table && out.back().empty() && !fits_beside_legend(frame))
    out.back() = render::cut_line(render::gauge_legend(frame.look), columns);
  out.push_back(reading
                    ? fitting({"arrows move, any other key goes back", "any key: back"}, columns)
                    : keys_line(view, frame));
  return out;
}

}  // namespace duress::cli
