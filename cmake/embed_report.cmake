# Writes the C++ source that holds the report's style and script: cmake -DSTYLE=… -DSCRIPT=… -DOUTPUT=… -P this.
file(READ "${STYLE}" style)
file(SHA256 "${STYLE}" style_sha256)
file(READ "${SCRIPT}" script)
file(SHA256 "${SCRIPT}" script_sha256)
file(
  WRITE "${OUTPUT}"
  "#include \"render/report_assets.h\"

namespace duress::render {

const std::string_view kReportStyle = R\"embedded(${style})embedded\";
const std::string_view kReportStyleSha256 = \"${style_sha256}\";
const std::string_view kReportScript = R\"embedded(${script})embedded\";
const std::string_view kReportScriptSha256 = \"${script_sha256}\";

}  // namespace duress::render
")
