# tally_library / tally_binary / tally_test: one line each, the same warnings and sanitizers for all.

set(TALLY_SANITIZE "" CACHE STRING "Value of -fsanitize=, for example address,undefined")

# What everything is compiled with, generated code too: what is parsed once for all (below) must be compiled alike.
add_library(tally_flags INTERFACE)
target_compile_options(tally_flags INTERFACE -Wpedantic $<$<CONFIG:Debug>:-g1>)
target_compile_definitions(tally_flags INTERFACE TALLY_VERSION="${PROJECT_VERSION}")
if(TALLY_SANITIZE)
  target_compile_options(tally_flags INTERFACE
    -fsanitize=${TALLY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(tally_flags INTERFACE -fsanitize=${TALLY_SANITIZE})
  if(TALLY_SANITIZE STREQUAL "thread")
    # Abseil's flags use a fence, which ThreadSanitizer does not model.
    target_compile_options(tally_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()

add_library(tally_options INTERFACE)
target_link_libraries(tally_options INTERFACE tally_flags)
target_include_directories(tally_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(tally_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  # GCC 12 takes the empty part of a std::optional for something that is read.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
# Linked into every executable, and only there.
if(TALLY_SANITIZE STREQUAL "thread")
  set(TALLY_RUNTIME tally_tsan)
elseif(NOT TALLY_SANITIZE)
  set(TALLY_RUNTIME PkgConfig::JEMALLOC)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(tally_options INTERFACE -Wthread-safety)
endif()

# A test's own code need not be fast, what it tests is: a third less to compile.
add_library(tally_test_options INTERFACE)
target_compile_options(tally_test_options INTERFACE $<$<CONFIG:Release>:-O0>)

# What hundreds of files read is parsed once for all of them, which saves a third of compiling. Not where there are
# sanitizers: a file that does not include what it uses is found there. GCC 12 no longer knows then that these are other
# people's headers and warns of what it wrongly finds in std::string's operator+; absl::StrCat has no such trouble.
if(NOT TALLY_SANITIZE)
  target_compile_options(tally_flags INTERFACE -pthread)  # It defines a macro, and who uses gRPC compiles with it.
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/headers.cc CONTENT "")
  foreach(HEADERS tally_headers tally_test_headers)
    add_library(${HEADERS} OBJECT ${CMAKE_BINARY_DIR}/headers.cc)
    target_link_libraries(${HEADERS} PRIVATE tally_flags)
    target_precompile_headers(${HEADERS} PRIVATE
      <algorithm> <atomic> <cstdint> <functional> <map> <memory> <optional> <set> <string> <thread> <utility> <vector>
      <absl/flags/flag.h> <absl/status/statusor.h> <absl/strings/match.h> <absl/strings/numbers.h>
      <absl/strings/str_cat.h> <absl/strings/str_join.h> <absl/strings/str_split.h> <absl/synchronization/mutex.h>
      <absl/time/clock.h> <absl/time/time.h> <absl/types/span.h>
      <google/protobuf/timestamp.pb.h> <grpcpp/grpcpp.h>)
  endforeach()
  target_link_libraries(tally_test_headers PRIVATE tally_test_options GTest::gmock GTest::gtest)
  target_precompile_headers(tally_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endif()

function(tally_use_headers NAME HEADERS)
  if(TARGET ${HEADERS})
    target_precompile_headers(${NAME} REUSE_FROM ${HEADERS})
  endif()
endfunction()

# The release preset compiles the files of a target together, up to 24 at once (CMAKE_UNITY_BUILD), which saves much
# of it; all others compile each file alone. ALONE are those that use a file-local name that another file of the
# target has, too, and those that define flags or bring them, which only programs that use them shall have.
function(tally_compile_alone)
  set_source_files_properties(${ARGV} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# tally_library(NAME SOURCES a.cc … [ALONE b.cc …] DEPS target …)
function(tally_library NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;ALONE;DEPS" ${ARGN})
  add_library(${NAME} STATIC ${ARG_SOURCES} ${ARG_ALONE})
  tally_compile_alone(${ARG_ALONE})
  target_link_libraries(${NAME} PUBLIC tally_options ${ARG_DEPS})
  tally_use_headers(${NAME} tally_headers)
endfunction()

# tally_binary(NAME SOURCES main.cc … [ALONE b.cc …] DEPS target …): an executable in bin/.
function(tally_binary NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;ALONE;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES} ${ARG_ALONE})
  tally_compile_alone(${ARG_ALONE})
  target_link_libraries(${NAME} PRIVATE tally_options ${TALLY_RUNTIME} ${ARG_DEPS})
  tally_use_headers(${NAME} tally_headers)
endfunction()

# tally_test(NAME SOURCES a_test.cc … [ALONE b_test.cc …] DEPS target … [LABEL unit|integration|e2e] [TIMEOUT seconds])
# One executable in tests/, one ctest entry; gtest's own main.
function(tally_test NAME)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;ALONE;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES} ${ARG_ALONE})
  tally_compile_alone(${ARG_ALONE})
  target_link_libraries(${NAME} PRIVATE
    tally_options tally_test_options ${TALLY_RUNTIME} ${ARG_DEPS} GTest::gmock GTest::gtest GTest::gtest_main)
  tally_use_headers(${NAME} tally_test_headers)
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${NAME} COMMAND ${NAME})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(TALLY_SANITIZE)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 4")
  endif()
  set_tests_properties(${NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/leaks_of_others:print_suppressions=0")
endfunction()
