# tally_library / tally_binary / tally_test: one line each, the same warnings and sanitizers for all.

set(TALLY_SANITIZE "" CACHE STRING "Value of -fsanitize=, for example address,undefined")

add_library(tally_options INTERFACE)
target_include_directories(tally_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(tally_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  # GCC 12 takes the empty part of a std::optional for something that is read.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  $<$<CONFIG:Debug>:-g1>)
target_compile_definitions(tally_options INTERFACE TALLY_VERSION="${PROJECT_VERSION}")
if(TALLY_SANITIZE)
  target_compile_options(tally_options INTERFACE
    -fsanitize=${TALLY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(tally_options INTERFACE -fsanitize=${TALLY_SANITIZE})
  if(TALLY_SANITIZE STREQUAL "thread")
    # Abseil's flags use a fence, which ThreadSanitizer does not model.
    target_compile_options(tally_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
# Linked into every executable, and only there.
if(TALLY_SANITIZE STREQUAL "thread")
  set(TALLY_RUNTIME tally_tsan)
elseif(NOT TALLY_SANITIZE)
  set(TALLY_RUNTIME PkgConfig::JEMALLOC)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(tally_options INTERFACE -Wthread-safety)
endif()

# tally_library(NAME SOURCES a.cc … DEPS target …)
function(tally_library NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${NAME} STATIC ${ARG_SOURCES})
  target_link_libraries(${NAME} PUBLIC tally_options ${ARG_DEPS})
endfunction()

# tally_binary(NAME SOURCES main.cc … DEPS target …): an executable in bin/.
function(tally_binary NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE tally_options ${TALLY_RUNTIME} ${ARG_DEPS})
endfunction()

# tally_test(NAME SOURCES a_test.cc … DEPS target … [LABEL unit|integration|e2e] [TIMEOUT seconds])
# One executable in tests/, one ctest entry; gtest's own main.
function(tally_test NAME)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE
    tally_options ${TALLY_RUNTIME} ${ARG_DEPS} GTest::gmock GTest::gtest GTest::gtest_main)
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
  set_tests_properties(${NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
