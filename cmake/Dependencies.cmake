# Every library Tallystick stands on, all from Debian 12 packages.

find_package(Threads REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(Protobuf MODULE REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark CONFIG REQUIRED)
find_package(Python3 COMPONENTS Interpreter REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CJOSE REQUIRED IMPORTED_TARGET cjose)
pkg_check_modules(NATS REQUIRED IMPORTED_TARGET libnats)  # Debian's cnats CMake package is broken.

# gRPC and Abseil are some fifty shared libraries, and much of an order's CPU time is spent in them: a call from one function
# to another, even within a library, looks its way up in a table, a variable of the thread is asked for by a call. So their
# archives are linked instead; not in sanitized builds, where cmake/tsan steps in between.
if(NOT TALLY_SANITIZE)
  get_property(IMPORTED DIRECTORY PROPERTY IMPORTED_TARGETS)
  list(FILTER IMPORTED INCLUDE REGEX "^(absl|gRPC)::")
  foreach(TARGET IN LISTS IMPORTED)
    get_target_property(SHARED ${TARGET} IMPORTED_LOCATION_NONE)
    string(REGEX REPLACE "[.]so[.0-9]*$" ".a" ARCHIVE "${SHARED}")
    if(EXISTS "${ARCHIVE}")
      set_target_properties(${TARGET} PROPERTIES IMPORTED_LOCATION_NONE ${ARCHIVE})
    endif()
  endforeach()
endif()

# SOCI ships neither a CMake package nor a .pc file; its PostgreSQL header includes <libpq-fe.h>.
find_path(SOCI_INCLUDE_DIR soci/soci.h REQUIRED)
find_library(SOCI_CORE_LIBRARY soci_core REQUIRED)
find_library(SOCI_POSTGRESQL_LIBRARY soci_postgresql REQUIRED)
find_library(SOCI_SQLITE3_LIBRARY soci_sqlite3 REQUIRED)
add_library(tally_soci INTERFACE)
target_include_directories(tally_soci SYSTEM INTERFACE ${SOCI_INCLUDE_DIR} ${SOCI_INCLUDE_DIR}/soci)
target_link_libraries(tally_soci INTERFACE
  ${SOCI_POSTGRESQL_LIBRARY} ${SOCI_SQLITE3_LIBRARY} ${SOCI_CORE_LIBRARY}
  PostgreSQL::PostgreSQL SQLite::SQLite3)

# The .pc file defines what the library was built with. Without these definitions its classes have another layout than in
# the library, and memory is corrupted.
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
add_library(tally_httplib INTERFACE)
target_link_libraries(tally_httplib INTERFACE PkgConfig::HTTPLIB OpenSSL::SSL Threads::Threads)

# An order's memory is taken on one thread and given back on another, which glibc's malloc is slow at: about a tenth of
# the services' CPU time.
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
