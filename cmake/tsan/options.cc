// Options and suppressions of every executable under ThreadSanitizer, however it is started.

extern "C" {

// The first report ends the process: nothing passes with a race, not even in a service that a test
// kills.
const char* __tsan_default_options() { return "halt_on_error=1"; }

const char* __tsan_default_suppressions() { return ""; }

}  // extern "C"
