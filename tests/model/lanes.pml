/*
 * Lanes: several instances, each with a writer and a relay, on one PostgreSQL.
 *
 * Models   common/outbox/{writer,lane_store,held_lanes,relay,trimmer}.cc, lane.sql, trim.sql
 * Faults   commits of unknown outcome (they land later, or never), leases that expire at any moment, a
 *          process that dies or stands still anywhere
 * Leaves out  batches of several commands, the bus (what is sent is stored; delivery.pml), parked events
 *          (parked.pml), a database that goes back in time (rewind.pml)
 *
 * A statement that waits for a lock is two steps: it takes its snapshot, then it gets the lock. As under READ
 * COMMITTED the locked row itself is read again after the wait, everything else is as of the snapshot.
 *
 * Rules, each with the switch that removes it, and the claim that then fails:
 *   FENCE_ABSENT            closed     a batch share-locks its lane's row and goes on only if the lane is open
 *   FENCE_KEY_SHARE         closed     ... FOR SHARE: a plain UPDATE that closes does not wait for a weaker lock
 *   READ_WITH_LOCK          lost       closing locks first and reads the head in a later statement
 *   HEAD_BY_MAX             final      the head is the last row or trimmed_through, whichever is more
 *   HEAD_IN_TWO_STATEMENTS  final      ... both read by one statement
 *   LOOK_WITHOUT_CLOSING    told       after a commit of unknown outcome nobody is told anything before the close
 *   LANE_SHARED             lost       one writer for each lane, which commits in sequence order
 *   CURSOR_BEFORE_SEND      lost       the cursor passes an event after the bus has it
 *   LEASE_ENDS_AT_CLOSE     lost       a lane has a lease from its opening until it is closed and published
 *   TRIM_UNPUBLISHED        lost       trimming stays below the cursor
 *
 * Bounds
 *   quick    -DTAKEOVERS=0
 *   quick    -DDEATHS=0
 *   full
 *   full     -DCOMMANDS=3 -DTAKEOVERS=0
 *   full     -DCOMMANDS=3 -DDEATHS=0
 *   endless  -DDEATHS=0
 *   twin
 */
#ifndef COMMANDS
#define COMMANDS 2 /* at most 3 */
#endif
#ifndef UNKNOWNS
#define UNKNOWNS 1
#endif
#ifndef TAKEOVERS
#define TAKEOVERS 1 /* from an instance that lives */
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef TRIMS
#define TRIMS 1
#endif
#define LANES 4 /* one for each writer, and one for each that is lost */
#define NONE LANES
#define INSTANCES 2

#define BIT(sequence) (1 << ((sequence) - 1))
#define UPTO(sequence) ((1 << (sequence)) - 1)
#define HIGHEST(bits) (((bits) & 4) -> 3 : (((bits) & 2) -> 2 : ((bits) & 1)))
#define MAX(a, b) (((a) > (b)) -> (a) : (b))
#ifdef HEAD_BY_MAX
#define HEAD(l) HIGHEST(lane[l].rows)
#else
#define HEAD(l) MAX(HIGHEST(lane[l].rows), lane[l].trimmed)
#endif

typedef Lane {
  bool closed;
  byte rows;     /* bits of the sequences in the table */
  byte final;
  byte cursor;
  byte trimmed;
  byte lease;    /* 0: there is none; else the instance that holds it, plus 1 */
  byte shared;   /* bits of the sessions that hold the row FOR SHARE */
  byte locked;   /* 0: nobody holds it FOR UPDATE; else the instance, plus 1 */
  byte next;     /* LANE_SHARED: what numbers are taken from */
  byte written;  /* bits of all that was ever committed: for the assertions, as the next */
  byte stored;   /* bits of what the bus has */
};
#define CLAIM(name, condition) assert((condition) || claim_##name)
/* Always 0: they name what fails. */
hidden byte claim_closed, claim_told, claim_lost, claim_final, claim_lease, claim_order, claim_stuck;

Lane lane[LANES];
byte opened;

/* A transaction as the server sees it. */
#define IDLE 0
#define BEGUN 1   /* holds its locks */
#define SENT 2    /* COMMIT is on its way, and nobody will hear of it */
typedef Session {
  byte state;
  byte lane;
  byte sequence;
  byte command;
};
Session session[INSTANCES];

#define NOT_YET 0
#define PLACED 1
#define NOT_PLACED 2
byte told[COMMANDS + 1];
byte orders[COMMANDS + 1];
byte taken;

bool dead[INSTANCES];
byte deaths, unknowns, takeovers, trims;

/* What an instance has in memory. */
typedef RelayLane {
  bool held;
  bool closed;
  byte head;       /* a level */
  byte published;
};
typedef Memory {
  RelayLane on[LANES];
};
Memory memory[INSTANCES];

inline land(i) {
  if
  :: (lane[session[i].lane].written & BIT(session[i].sequence)) || orders[session[i].command] ->
       skip /* the primary keys of outbox_event and orders refuse it */
  :: else ->
       CLAIM(closed, !lane[session[i].lane].closed);
       CLAIM(told, told[session[i].command] != NOT_PLACED);
       lane[session[i].lane].rows = lane[session[i].lane].rows | BIT(session[i].sequence);
       lane[session[i].lane].written = lane[session[i].lane].written | BIT(session[i].sequence);
       orders[session[i].command]++
  fi;
  end_session(i)
}

inline end_session(i) {
  lane[session[i].lane].shared = lane[session[i].lane].shared & ~BIT(i + 1);
  session[i].state = IDLE;
  session[i].lane = 0;
  session[i].sequence = 0;
  session[i].command = 0
}

/* LaneStore::Close, and the closing half of TakeOver. Leaves the row locked. */
inline lock_lane(i, l) {
#ifdef READ_WITH_LOCK
  snapshot = HEAD(l);
#endif
#ifdef FENCE_KEY_SHARE
  atomic { !lane[l].locked; lane[l].locked = i + 1 };
#else
  atomic { !lane[l].locked && !lane[l].shared; lane[l].locked = i + 1 };
#endif
#ifdef HEAD_IN_TWO_STATEMENTS
  snapshot = lane[l].trimmed
#endif
}

inline close_locked(l) {
  if
  :: lane[l].closed -> skip
  :: else ->
#ifdef READ_WITH_LOCK
       lane[l].final = snapshot;
#else
#ifdef HEAD_IN_TWO_STATEMENTS
       lane[l].final = MAX(snapshot, HIGHEST(lane[l].rows));
#else
       lane[l].final = HEAD(l);
#endif
#endif
       lane[l].closed = true;
#ifdef LEASE_ENDS_AT_CLOSE
       lane[l].lease = 0;
#endif
  fi
}

proctype Writer(byte i) {
  byte mine = NONE, head, snapshot, command, found;
  bool usable, in_doubt;
end:
  do
  :: atomic { !command && taken < COMMANDS -> taken++; command = taken }

  :: atomic { /* Writer::OpenLane */
       command && mine == NONE && !in_doubt ->
#ifdef LANE_SHARED
       if
       :: opened -> mine = 0
       :: else -> mine = opened; opened++
       fi;
#else
       assert(opened < LANES);
       mine = opened;
       opened++;
#endif
       head = 0;
       usable = true;
       lane[mine].lease = i + 1;
       memory[i].on[mine].held = true
     }

  :: atomic { command && mine != NONE && usable && session[i].state == IDLE -> /* Writer::Write */
       found = HEAD(mine)
     };
#ifndef FENCE_ABSENT
       atomic { /* LaneStore::Fence */
#ifndef FENCE_KEY_SHARE
         !lane[mine].locked;
#endif
         lane[mine].shared = lane[mine].shared | BIT(i + 1);
         session[i].state = BEGUN;
         session[i].lane = mine;
         if
#ifdef LANE_SHARED
         :: lane[mine].closed -> end_session(i); usable = false; goto next
#else
         :: lane[mine].closed || found != head -> end_session(i); usable = false; goto next
#endif
         :: else
         fi
       };
#endif
       atomic { /* numbered, and the statements sent */
         found = 0;
         session[i].state = BEGUN;
         session[i].lane = mine;
         session[i].command = command;
#ifdef LANE_SHARED
         lane[mine].next++;
         session[i].sequence = lane[mine].next
#else
         session[i].sequence = head + 1
#endif
       };
       if
       :: atomic { /* committed, and told so */
            head = session[i].sequence;
            land(i)
          };
          atomic {
            if
            :: memory[i].on[mine].held && memory[i].on[mine].head < head ->
                 memory[i].on[mine].head = head
            :: else
            fi;
            told[command] = PLACED;
            command = 0
          }
       :: atomic {
            unknowns < UNKNOWNS -> unknowns++;
            session[i].state = SENT;
            usable = false;
            in_doubt = true
          }
       fi

#ifdef LOOK_WITHOUT_CLOSING
  :: atomic { in_doubt && orders[command] -> told[command] = PLACED; command = 0; in_doubt = false }
  :: atomic { in_doubt && !orders[command] -> told[command] = NOT_PLACED; command = 0; in_doubt = false }
  :: !in_doubt && mine != NONE && !usable ->
#else
  :: atomic {
       in_doubt && mine == NONE -> /* the handler looks first */
       in_doubt = false;
       if
       :: orders[command] -> told[command] = PLACED; command = 0
       :: !orders[command] -> skip /* written again, on the next lane */
       :: !orders[command] -> told[command] = NOT_PLACED; command = 0 /* nobody waits any more */
       fi
     }
  :: mine != NONE && !usable -> /* Writer::CloseLane */
#endif
       lock_lane(i, mine);
       atomic {
         close_locked(mine);
         lane[mine].locked = 0;
         if
         :: memory[i].on[mine].held ->
              memory[i].on[mine].head = lane[mine].final;
              memory[i].on[mine].closed = true
         :: else
         fi;
         mine = NONE;
         head = 0;
         found = 0;
         snapshot = 0
       }
next:    skip
  od unless { dead[i] }
}

#define RELAY_LANE(l)                                                                             \
  :: atomic { CAN_SEND(l) -> raise_early(l) };                                                    \
     send(l)                                                                                      \
  :: atomic { CAN_SAVE(l) -> save_cursor(l) }                                                     \
  :: atomic { CAN_TAKE(l) -> count_takeover() };                                                  \
     take_over(l)

#define CAN_SEND(l)                                                                               \
  (memory[i].on[l].held && memory[i].on[l].published < memory[i].on[l].head && SENDABLE(l))
#define CAN_SAVE(l)                                                                               \
  (memory[i].on[l].held && (lane[l].cursor < memory[i].on[l].published ||                         \
                            (memory[i].on[l].closed && lane[l].lease == i + 1 &&                  \
                             memory[i].on[l].published >= memory[i].on[l].head)))
#define CAN_TAKE(l)                                                                               \
  (lane[l].lease && lane[l].lease != i + 1 && (dead[1 - i] || takeovers < TAKEOVERS))

/* Read from the table, unless another published it meanwhile. */
#define SENDABLE(l)                                                                               \
  (lane[l].rows & BIT(memory[i].on[l].published + 1) ||                                           \
   lane[l].cursor > memory[i].on[l].published)

inline raise_early(l) {
#ifdef CURSOR_BEFORE_SEND
  lane[l].cursor = MAX(lane[l].cursor, memory[i].on[l].published + 1)
#else
  skip
#endif
}

inline send(l) {
  atomic {
#ifdef LANE_SHARED /* everything above the cursor that is there by now */
    lane[l].stored = lane[l].stored | lane[l].written;
    memory[i].on[l].published = HIGHEST(lane[l].written)
#else
    lane[l].stored = lane[l].stored | (lane[l].rows & BIT(memory[i].on[l].published + 1));
    memory[i].on[l].published++
#endif
  }
}

/* A relay that lost its lease saves too, and forgets its lanes whenever it likes: all it can do is publish twice. */
inline save_cursor(l) {
  lane[l].cursor = MAX(lane[l].cursor, memory[i].on[l].published);
  if
  :: memory[i].on[l].closed && memory[i].on[l].published >= memory[i].on[l].head &&
     lane[l].lease == i + 1 ->
       lane[l].lease = 0;
       memory[i].on[l].held = false;
       memory[i].on[l].closed = false;
       memory[i].on[l].head = 0;
       memory[i].on[l].published = 0
  :: else
  fi
}

inline count_takeover() {
  if
  :: dead[1 - i]
  :: else -> takeovers++
  fi
}

inline take_over(l) {
  lock_lane(i, l);
  atomic {
    if
    :: lane[l].lease && lane[l].lease != i + 1 -> /* looked at again under the lock */
         close_locked(l);
#ifndef LEASE_ENDS_AT_CLOSE
         lane[l].lease = i + 1;
#endif
         memory[i].on[l].held = true;
         memory[i].on[l].closed = true;
         memory[i].on[l].head = lane[l].final;
         memory[i].on[l].published = lane[l].cursor
    :: else
    fi;
    lane[l].locked = 0;
    snapshot = 0
  }
}

proctype Relay(byte i) {
  byte snapshot;
end:
  do
    RELAY_LANE(0)
    RELAY_LANE(1)
    RELAY_LANE(2)
    RELAY_LANE(3)
  od unless { dead[i] }
}

#ifdef TRIM_UNPUBLISHED
#define TRIMMABLE(l) HEAD(l)
#else
#define TRIMMABLE(l) lane[l].cursor
#endif
#define TRIM(l)                                                                                   \
  :: atomic {                                                                                     \
       trims < TRIMS && lane[l].trimmed < TRIMMABLE(l) ->                                                          \
       trims++;                                                                                   \
       lane[l].trimmed = TRIMMABLE(l);                                                            \
       lane[l].rows = lane[l].rows & ~UPTO(lane[l].trimmed)                                       \
     }

active proctype Trimmer() {
end:
  do
  TRIM(0)
  TRIM(1)
  TRIM(2)
  TRIM(3)
  od
}

/* The server: commits whose outcome nobody hears, and sessions whose process is dead. */
#define SERVE(i)                                                                                  \
  :: atomic { session[i].state == SENT -> land(i) }                                               \
  :: atomic { session[i].state == SENT -> end_session(i) }

active proctype Server() {
end:
  do
  SERVE(0)
  SERVE(1)
  od
}

#define UNLOCK(l) lane[l].locked = (lane[l].locked == 1 -> 0 : lane[l].locked)

active proctype Death() {
end:
  do
  :: atomic {
       deaths < DEATHS -> deaths++;
       dead[0] = true;
       UNLOCK(0); UNLOCK(1); UNLOCK(2); UNLOCK(3);
       if
       :: session[0].state == BEGUN -> end_session(0)
       :: else
       fi
     }
  od
}

active proctype End() {
  byte l, c;
  timeout;
  d_step {
    CLAIM(stuck, taken == COMMANDS);
    do
    :: l < LANES ->
         CLAIM(stuck, !lane[l].locked && !lane[l].shared);
         CLAIM(lost, lane[l].stored == lane[l].written);
         CLAIM(final, !lane[l].closed || lane[l].written == UPTO(lane[l].final));
         CLAIM(lease, !lane[l].closed || !lane[l].lease);
         l++
    :: else -> break
    od;
    c = 1;
    do
    :: c <= COMMANDS ->
         CLAIM(order, told[c] != PLACED || orders[c]);
         CLAIM(order, told[c] || dead[0]);
         c++
    :: else -> break
    od
  }
}

init {
  atomic {
    run Writer(0);
    run Writer(1);
    run Relay(0);
    run Relay(1)
  }
}
