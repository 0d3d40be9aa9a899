# tally_embed_sql(TARGET NAMESPACE ns [STATEMENTS a.sql …] [MIGRATIONS 0001_x.sql …])
# Each a.sql becomes "<source path>/a_sql.h" with one db::Statement for every `-- name:`; the migrations become
# "<source path>/migrations.h". See embed_sql.py for the format.
function(tally_embed_sql TARGET)
  cmake_parse_arguments(ARG "" "NAMESPACE" "STATEMENTS;MIGRATIONS" ${ARGN})
  set(TOOL ${CMAKE_SOURCE_DIR}/cmake/embed_sql.py)
  file(RELATIVE_PATH HERE ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(GEN ${CMAKE_BINARY_DIR}/gen/${HERE})
  set(HEADERS)
  foreach(SQL ${ARG_STATEMENTS})
    get_filename_component(STEM ${SQL} NAME_WE)
    set(OUT ${GEN}/${STEM}_sql.h)
    add_custom_command(OUTPUT ${OUT}
      COMMAND Python3::Interpreter ${TOOL} statements --namespace ${ARG_NAMESPACE} --out ${OUT} ${CMAKE_CURRENT_SOURCE_DIR}/${SQL}
      DEPENDS ${TOOL} ${CMAKE_CURRENT_SOURCE_DIR}/${SQL}
      COMMENT "SQL ${HERE}/${SQL}" VERBATIM)
    list(APPEND HEADERS ${OUT})
  endforeach()
  if(ARG_MIGRATIONS)
    set(OUT ${GEN}/migrations.h)
    list(TRANSFORM ARG_MIGRATIONS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    add_custom_command(OUTPUT ${OUT}
      COMMAND Python3::Interpreter ${TOOL} migrations --namespace ${ARG_NAMESPACE} --out ${OUT} ${ARG_MIGRATIONS}
      DEPENDS ${TOOL} ${ARG_MIGRATIONS}
      COMMENT "migrations ${HERE}" VERBATIM)
    list(APPEND HEADERS ${OUT})
  endif()
  target_sources(${TARGET} PRIVATE ${HEADERS})
  target_include_directories(${TARGET} PUBLIC ${CMAKE_BINARY_DIR}/gen)
endfunction()
