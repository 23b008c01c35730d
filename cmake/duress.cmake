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

# Header-only: Debian has no static libfmt, and the release is one static file.
add_library(duress_fmt INTERFACE)
target_link_libraries(duress_fmt INTERFACE fmt::fmt-header-only)

# duress_library(NAME SOURCES a.cpp ... HEADERS a.h ... DEPENDS base ... PRIVATE yaml-cpp ...)
# Makes the static library duress_NAME from a folder of src/, its headers verified to compile alone.
function(duress_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPENDS;PRIVATE" ${ARGN})
  add_library(duress_${name} STATIC ${ARG_SOURCES})
  target_sources(duress_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${ARG_HEADERS})
  list(TRANSFORM ARG_DEPENDS PREPEND duress_)
  target_link_libraries(duress_${name} PUBLIC duress_options ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
  set_target_properties(duress_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
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
  add_test(NAME unit.${name} COMMAND ${name}_test)
  set_tests_properties(unit.${name} PROPERTIES LABELS unit)
endfunction()
