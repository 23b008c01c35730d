# Writes the C++ source that holds the worker program: cmake -DPROGRAM=… -DOUTPUT=… -P this. As text, not by .incbin: a
# compiler cache takes a source that names the same file for the same source, and would embed an older worker.
file(READ "${PROGRAM}" bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes
                     "${bytes}")
file(
  WRITE "${OUTPUT}"
  "#include \"stress/stressor_image.h\"

namespace duress::stress {

namespace {

alignas(16) constexpr unsigned char kImage[] = {
${bytes}
};

}  // namespace

std::span<const unsigned char> stressor_image() { return kImage; }

}  // namespace duress::stress
")
