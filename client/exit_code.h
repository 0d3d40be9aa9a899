#pragma once

namespace tally::client {

// What a script can tell from the exit code.
enum class ExitCode {
  kOk = 0,
  kRefused = 1,      // the service refused: wrong content, not found, conflict
  kWrongUsage = 2,   // wrong command line, or a file that cannot be read or written
  kUnavailable = 3,  // no answer within --deadline; what was asked may or may not have happened
  kIncomplete = 4,   // an import or load ended, and some orders were not placed; provision: not
                     // all is as wanted

  // Of `place --wait`: the order is placed,
  kNotCountedYet = 5,  // but was not counted in time
  kNeverCounted = 6,   // but its event is dead, parked or discarded: waiting is no use
  kNotAsked = 7,       // but activity_service could not be asked

  kAlarm = 8,   // a status was shown, and it names alarms
  kDiffer = 9,  // an audit was made, and the halves do not match
};

}  // namespace tally::client
