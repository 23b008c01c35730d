# How a library, its tests and the warnings are declared: one function each, so that a folder's CMakeLists.txt is a list.

add_library(duress_options INTERFACE)
target_include_directories(duress_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(
  duress_options
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
            -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Wundef)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees an overlap in every `"," + text` (GCC bug 105651).
  target_compile_options(duress_options INTERFACE -Wno-restrict)
endif()
if(DURESS_SANITIZE)
  target_compile_options(duress_options INTERFACE -fsanitize=${DURESS_SANITIZE} -fno-sanitize-recover=all
                                                  -fno-omit-frame-pointer)
  target_link_options(duress_options INTERFACE -fsanitize=${DURESS_SANITIZE})
endif()
if(DURESS_FUZZ)
  target_compile_options(duress_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# The headers that most sources read, read once a build: that halves clang's time, and takes a third of g++'s. A source
# includes what it uses all the same: the presets tidy and tsan build without.
option(DURESS_PRECOMPILE "read common headers once" OFF)
if(DURESS_PRECOMPILE)
  set(DURESS_PCH_FLAGS "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>" # ccache knows it by its content
                       "$<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>"
                       # g++ 12 forgets which of its headers are the system's, where it is wrong about std::string.
                       "$<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>")
  target_compile_options(duress_options INTERFACE ${DURESS_PCH_FLAGS})
  add_library(duress_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
  target_link_libraries(duress_pch PRIVATE duress_options)
  target_precompile_headers(
    duress_pch
    PRIVATE
    <algorithm>
    <chrono>
    <expected>
    <filesystem>
    <functional>
    <map>
    <memory>
    <optional>
    <set>
    <span>
    <sstream>
    <string>
    <thread>
    <variant>
    <vector>
    <nlohmann/json.hpp>)
endif()
if(DURESS_PRECOMPILE AND DURESS_TESTS)
  add_library(duress_test_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
  target_link_libraries(duress_test_pch PRIVATE duress_options GTest::gmock)
  target_compile_options(duress_test_pch PRIVATE -O0)
  get_target_property(common duress_pch PRECOMPILE_HEADERS)
  target_precompile_headers(duress_test_pch PRIVATE ${common} <gmock/gmock.h> <gtest/gtest.h>)
endif()

# For a test program: what asks need not be fast, and its common headers are read once.
function(duress_test_program target)
  target_compile_options(${target} PRIVATE -O0)
  if(DURESS_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM duress_test_pch)
  endif()
endfunction()

# Debian has no static libfmt, and the release is one static file.
add_library(duress_fmt STATIC ${PROJECT_SOURCE_DIR}/cmake/fmt.cpp)
target_include_directories(duress_fmt SYSTEM PUBLIC $<TARGET_PROPERTY:fmt::fmt-header-only,INTERFACE_INCLUDE_DIRECTORIES>)

# duress_library(NAME SOURCES a.cpp ... HEADERS a.h ... DEPENDS base ... PRIVATE yaml-cpp ...)
# Makes the static library duress_NAME from a folder of src/, its headers verified to compile alone.
function(duress_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPENDS;PRIVATE" ${ARGN})
  add_library(duress_${name} STATIC ${ARG_SOURCES})
  target_sources(duress_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${ARG_HEADERS})
  list(TRANSFORM ARG_DEPENDS PREPEND duress_)
  target_link_libraries(duress_${name} PUBLIC duress_options ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
  set_target_properties(duress_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  if(DURESS_PRECOMPILE)
    target_precompile_headers(duress_${name} REUSE_FROM duress_pch)
  endif()
endfunction()

# duress_test(NAME SOURCES a_test.cpp ... DEPENDS base ...): one unit-test program a module, run by ctest as unit.NAME.
function(duress_test name)
  if(NOT DURESS_TESTS OR NOT DURESS_UNIT_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPENDS PREPEND duress_)
  target_link_libraries(${name}_test PRIVATE ${ARG_DEPENDS} ${ARG_PRIVATE} GTest::gmock GTest::gtest_main)
  duress_test_program(${name}_test)
  add_test(NAME unit.${name} COMMAND ${name}_test)
  set_tests_properties(unit.${name} PROPERTIES LABELS unit)
endfunction()
