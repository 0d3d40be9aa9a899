// Options of every executable under ThreadSanitizer, however it is started.

extern "C" {

// The first report ends the process: nothing passes with a race, not even a service that a test
// kills. Memory that a C function touches, memcpy for example, is not watched: gRPC and SQLite hand
// it over by atomics that the sanitizer does not see. What our own code reads and writes is.
const char* __tsan_default_options() { return "halt_on_error=1:ignore_noninstrumented_modules=1"; }

// gRPC begins an operation of a streaming call on one thread, ends it on another, and destroys the
// call on a third; with the operation goes the message, which is written or read here or there.
// What orders them is in gRPC's libraries, which are not instrumented; what they do to the call and
// its messages is in headers, and is. Our reactors are elsewhere, so they are still watched.
const char* __tsan_default_suppressions() {
  return "race:ServerCallbackWriterImpl::~ServerCallbackWriterImpl\n"
         "race:ServerCallbackReaderWriterImpl::~ServerCallbackReaderWriterImpl\n"
         "race:^grpc::internal::CallOpSet<*>::FinalizeResult\n"
         "race_top:^grpc::\n"
         "race_top:^google::protobuf::";
}

}  // extern "C"
