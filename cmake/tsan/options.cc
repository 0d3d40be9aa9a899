// Options of every executable under ThreadSanitizer, however it is started.

extern "C" {

// The first report ends the process: nothing passes with a race, not even a service that a test
// kills. Memory that a C function touches, memcpy for example, is not watched: gRPC and SQLite hand
// it over by atomics that the sanitizer does not see. What our own code reads and writes is.
const char* __tsan_default_options() { return "halt_on_error=1:ignore_noninstrumented_modules=1"; }

// What orders these is within gRPC and protobuf; whatever they call of ours is still watched.
const char* __tsan_default_suppressions() {
  return "race_top:^grpc::\n"
         "race_top:^google::protobuf::";
}

}  // extern "C"
