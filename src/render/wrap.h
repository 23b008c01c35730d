// Prose in lines of a terminal's width. It measures as render::width does and keeps words whole but
// for those that are longer than a line. Pure, but for the question how wide a terminal is; any
// thread.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace duress::render {

[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

// The same as one text: `first` before the first line, as many blanks before the others.
[[nodiscard]] std::string paragraph(std::string_view first, std::string_view text,
                                    std::size_t columns);

// Of the terminal that the stream is, 80 where it is none.
[[nodiscard]] std::size_t columns_of(std::FILE* stream);

}  // namespace duress::render
