/*
 * Parked events: what an operator gave up is never in the stream as well, or consumers would disagree for ever.
 *
 * Models   common/outbox/{relay,held_lanes,lane_store,parked_store,parked_retrier}.cc, lane.sql, parked.sql
 * Faults   the bus refuses the second of two events, or takes it, as often as it likes (a limit is changed); does
 *          not answer, and stores it now, later or never; two relays, of which either may have lost the lane
 *          without knowing; an attempt that is left open by a process that died; operators retry and discard
 * Leaves out  lanes that are still written (lanes.pml), consumers: void and stored together is what must not be
 *
 * Rules, each with the switch that removes it, and the claim that then fails:
 *   DISCARD_IN_DOUBT        both  nothing is discarded after an attempt of unknown outcome
 *   ATTEMPT_UNRECORDED      both  an attempt is open, in the table, before anything is sent
 *   TAKEOVER_FORGETS        both  of a lane that was taken over every outcome is unknown
 *   PARKED_BEFORE_ITS_TURN  both  parked only as the cursor passes it: who takes the lane over never sends it
 *   PARKED_WITHOUT_LEASE    both  parked only by who holds the lease, checked in the same transaction
 *   CURSOR_FIRST            lost  row and cursor are written in one transaction
 *
 * Bounds
 *   quick    -DREFUSALS=3 -DSILENCES=2 -DTAKEOVERS=2 -DRETRIES=2
 *   full     -DREFUSALS=5 -DSILENCES=3 -DTAKEOVERS=3 -DRETRIES=3
 *   endless
 *   twin
 */
#ifndef REFUSALS
#define REFUSALS 2
#endif
#ifndef SILENCES
#define SILENCES 1
#endif
#ifndef TAKEOVERS
#define TAKEOVERS 1
#endif
#ifndef RETRIES
#define RETRIES 1
#endif
#define RELAYS 2
#define HEAD 2

#define MAX(a, b) (((a) > (b)) -> (a) : (b))

/* The lane's rows in the producer's database. */
byte cursor, lease;
bool parked, discarded, in_doubt, attempt_open, due;

bool stored[HEAD + 1], under_way[HEAD + 1];
byte refusals, silences, takeovers, retries;

#define CLAIM(name, condition) assert((condition) || claim_##name)
/* Always 0: they name what fails. */
hidden byte claim_both, claim_lost, claim_stuck;

#define CHECK CLAIM(both, !(discarded && stored[HEAD]))

inline store(e) {
  stored[e] = true;
  CHECK
}

/* Sends event e; what comes back is in `outcome`. */
#define STORED 1
#define REFUSED 2
#define SILENT 3
inline send(e) {
  if
  :: store(e); outcome = STORED
  :: e == HEAD && refusals < REFUSALS -> refusals++; outcome = REFUSED
  :: silences < SILENCES -> silences++; under_way[e] = true; outcome = SILENT
  fi
}

#define MY_TURN(e) (published + 1 == e)

proctype Relay(byte i) {
  bool held, refused;
  byte published, outcome, unknown_through;
  bool second_published;
  held = (i == 0);
end:
  do
  :: atomic { held && published == 0 -> send(1) }; /* Relay::Publish */
     atomic {
       if
       :: outcome == STORED -> published = 1
       :: outcome == SILENT -> unknown_through = MAX(unknown_through, 1)
       fi;
       if
       :: published == 1 && second_published -> published = HEAD
       :: else
       fi;
       outcome = 0
     }
  :: atomic { held && !refused && published < HEAD && !second_published -> send(HEAD) };
     atomic {
       if
       :: outcome == STORED -> second_published = true
       :: outcome == REFUSED -> refused = true
       :: outcome == SILENT -> unknown_through = HEAD
       fi;
       if
       :: published == 1 && second_published -> published = HEAD
       :: else
       fi;
       outcome = 0
     }
#ifdef PARKED_BEFORE_ITS_TURN
  :: held && refused ->
#else
  :: held && refused && MY_TURN(HEAD) ->
#endif
#ifdef CURSOR_FIRST
     atomic {
       if
       :: lease == i -> cursor = HEAD
       :: else
       fi
     };
     if
     :: true
     :: goto dead
     fi;
#endif
     atomic { /* LaneStore::Park */
       refused = false;
       if
#ifdef PARKED_WITHOUT_LEASE
       :: true ->
#else
       :: lease != i -> held = false
       :: lease == i ->
#endif
            parked = true;
            in_doubt = in_doubt || unknown_through == HEAD;
            second_published = true;
            if
            :: published == 1 -> published = HEAD; cursor = HEAD
            :: else
            fi
       fi
     }
  :: atomic { held && refused && refusals < REFUSALS -> refused = false } /* tried again */
  :: atomic { cursor < published -> cursor = published }
  :: atomic {
       lease != i && cursor < HEAD && takeovers < TAKEOVERS -> takeovers++;
       lease = i;
       held = true;
       refused = false;
       published = cursor;
       second_published = false;
#ifdef TAKEOVER_FORGETS
       unknown_through = 0
#else
       unknown_through = HEAD
#endif
     }
  od;
dead:
  skip
}

active proctype ParkedRetrier() {
  byte outcome;
end:
  do
  :: atomic { /* ClaimDue; also what a process that died left open */
       parked && !discarded && due ->
#ifndef ATTEMPT_UNRECORDED
       in_doubt = in_doubt || attempt_open;
       attempt_open = true;
#endif
       due = false
     };
     atomic { send(HEAD) };
     atomic {
       if
       :: outcome == STORED -> parked = (discarded -> parked : false); attempt_open = false
       :: outcome == REFUSED -> attempt_open = false
       :: outcome == SILENT -> attempt_open = false; in_doubt = true
       :: silences < SILENCES -> silences++; due = true /* dies before it can say */
       fi;
       outcome = 0
     }
  od
}

active proctype Operator() {
end:
  do
  :: atomic { parked && !discarded && !due && retries < RETRIES -> retries++; due = true }
#ifdef DISCARD_IN_DOUBT
  :: atomic { parked && !discarded -> discarded = true; CHECK }
#else
  :: atomic { parked && !discarded && !in_doubt && !attempt_open -> discarded = true; CHECK }
#endif
  od
}

active proctype Bus() {
end:
  do
  :: atomic { under_way[1] -> under_way[1] = false; stored[1] = true }
  :: atomic { under_way[1] -> under_way[1] = false }
  :: atomic { under_way[HEAD] -> under_way[HEAD] = false; store(HEAD) }
  :: atomic { under_way[HEAD] -> under_way[HEAD] = false }
  od
}

active proctype End() {
  timeout;
  d_step {
    CLAIM(lost, stored[1] && (stored[HEAD] || parked));
    CLAIM(stuck, cursor == HEAD)
  }
}

init {
  atomic {
    run Relay(0);
    run Relay(1)
  }
}
