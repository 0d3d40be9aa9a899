#pragma once

namespace tally::client {

// What a script can tell from the exit code.
enum class ExitCode {
  kOk = 0,
  kRefused = 1,      // the service refused: wrong content, not found, conflict
  kWrongUsage = 2,   // wrong command line, or a file that cannot be read or written
  kUnavailable = 3,  // no answer within --deadline; what was asked may or may not have happened
  kIncomplete = 4,   // an import or load ended, and some orders were not placed
  kAlarm = 5,        // a status was shown, and it names alarms
};

}  // namespace tally::client
