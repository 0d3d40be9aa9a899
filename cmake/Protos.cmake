# tally_proto_library(NAME ROOT dir PROTOS a/b.proto … [GRPC] [DEPS target …])
# Generates C++ beneath ${CMAKE_BINARY_DIR}/gen; protoc writes the dependency file, so an edited import rebuilds.
function(tally_proto_library NAME)
  cmake_parse_arguments(ARG "GRPC" "ROOT" "PROTOS;DEPS" ${ARGN})
  set(GEN ${CMAKE_BINARY_DIR}/gen)
  file(MAKE_DIRECTORY ${GEN})
  set(SOURCES)
  foreach(PROTO ${ARG_PROTOS})
    string(REGEX REPLACE "\\.proto$" "" STEM ${PROTO})
    set(OUT ${GEN}/${STEM}.pb.cc)
    set(PRODUCTS ${GEN}/${STEM}.pb.h)
    set(GRPC_ARGS)
    if(ARG_GRPC)
      list(PREPEND OUT ${GEN}/${STEM}.grpc.pb.cc)  # Ninja wants the file first that protoc's dependency file names first.
      list(APPEND PRODUCTS ${GEN}/${STEM}.grpc.pb.h)
      set(GRPC_ARGS --grpc_out=${GEN} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
    endif()
    add_custom_command(
      OUTPUT ${OUT} ${PRODUCTS}
      COMMAND protobuf::protoc -I ${ARG_ROOT} -I ${CMAKE_SOURCE_DIR}/protos --cpp_out=${GEN} ${GRPC_ARGS}
              --dependency_out=${GEN}/${STEM}.d ${PROTO}
      DEPENDS ${ARG_ROOT}/${PROTO}
      DEPFILE ${GEN}/${STEM}.d
      COMMENT "protoc ${PROTO}"
      VERBATIM)
    list(APPEND SOURCES ${OUT})
    # Each has a static `schemas`.
    tally_compile_alone(${GEN}/${STEM}.pb.cc)
  endforeach()
  add_library(${NAME} STATIC ${SOURCES})
  target_include_directories(${NAME} SYSTEM PUBLIC ${GEN})
  target_link_libraries(${NAME} PUBLIC protobuf::libprotobuf ${ARG_DEPS} PRIVATE tally_flags)
  if(ARG_GRPC)
    target_link_libraries(${NAME} PUBLIC gRPC::grpc++)
  endif()
  tally_use_headers(${NAME} tally_headers)
endfunction()
