/*
 * A producer's database goes back in time: a restored backup, a fail-over to a replica that missed the last
 * commits, a file copied back; under a process that lives on, or before one that starts.
 *
 * Models   common/outbox/{writer,lane_store,held_lanes,trimmer,range_verdict}.cc, common/inbox/comparison.cc
 * Faults   the database becomes what it was at any earlier moment; the process is started again at any moment; a
 *          commit of unknown outcome; the stream delivers in any order, and loses an event
 * Leaves out  late landing commits and several instances (lanes.pml), the healer's waiting (healing.pml); a copy
 *          that runs beside the original (it has another identity: nothing of its answers is used)
 *
 * Rules, each with the switch that removes it, and the claim that then fails:
 *   LANE_REOPENED         reused  a lane is written in one life of one writer, and never opened again
 *   FENCE_WITHOUT_HEAD    reused  a writer goes on only if the lane's head is where it left it
 *   RANGES_IGNORED        silent  the highest covered sequence counts ranges too
 *   CURRENT_LANES_ONLY    silent  a lane that the producer lacks altogether is compared too
 *   TRIM_WITHOUT_ROWS     silent  trimming goes no higher than the rows it removes
 *   LEASE_ENDS_OPEN       open    a lease goes only when the lane is closed in the database as it is now
 *
 * Bounds
 *   quick    -DUNKNOWNS=0 -DLOSSES=0
 *   quick    -DRESTARTS=0 -DTRIMS=0
 *   full     -DLOSSES=0
 *   full     -DUNKNOWNS=0
 *   endless  -DUNKNOWNS=0 -DLOSSES=0 -DTRIMS=0
 *   twin     -DUNKNOWNS=0
 */
#ifndef COMMANDS
#define COMMANDS 3 /* at most 3 */
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#ifndef UNKNOWNS
#define UNKNOWNS 1
#endif
#ifndef TRIMS
#define TRIMS 1
#endif
#ifndef LOSSES
#define LOSSES 1
#endif
#define LANES 4
#define NONE LANES

#define BIT(n) (1 << ((n) - 1))
#define HAS(bits, n) ((bits) & (1 << ((n) - 1)))
#define UPTO(n) ((1 << (n)) - 1)
#define HIGHEST(bits) (((bits) & 4) -> 3 : (((bits) & 2) -> 2 : ((bits) & 1)))
#define WATERMARK(bits) (((bits) & 7) == 7 -> 3 : (((bits) & 3) == 3 -> 2 : ((bits) & 1)))
#define MAX(a, b) (((a) > (b)) -> (a) : (b))

#define CLAIM(name, condition) assert((condition) || claim_##name)
/* Always 0: they name what fails. */
hidden byte claim_reused, claim_lost, claim_silent, claim_false, claim_open, claim_stuck;

typedef Lane {
  bool exists;
  bool closed;
  bool leased;
  byte final;
  byte rows;      /* bits */
  byte cursor;
  byte trimmed;
  byte committed; /* bits of all that this history knows: for the assertions */
};
typedef Database {
  Lane lane[LANES];
};
Database now, copy;
bool copied, restored;

byte opened, placed, trims, restarts, losses;
byte ever[LANES];    /* what was committed in any history */
byte stored[LANES];  /* what the stream was given */
byte covered[LANES]; /* by the consumer */

#define HEAD(l) \
  (now.lane[l].closed -> now.lane[l].final : MAX(HIGHEST(now.lane[l].rows), now.lane[l].trimmed))

/* The process: its writer's lane, and what its relay knows of each. */
byte mine = NONE, left_at, unknowns;
bool held[LANES], known_closed[LANES];
byte known_head[LANES], published[LANES];

inline forget(l) {
  held[l] = false;
  known_closed[l] = false;
  known_head[l] = 0;
  published[l] = 0
}

inline close(l) {
  if
  :: now.lane[l].exists && !now.lane[l].closed ->
       now.lane[l].final = HEAD(l);
       now.lane[l].closed = true
  :: else
  fi
}

inline leave_lane() {
  close(mine);
  if
  :: held[mine] ->
       known_head[mine] = now.lane[mine].final;
       known_closed[mine] = true
  :: else
  fi;
  mine = NONE;
  left_at = 0
}

inline commit() {
  CLAIM(reused, !HAS(ever[mine], left_at + 1)); /* in any history */
  left_at++;
  now.lane[mine].rows = now.lane[mine].rows | BIT(left_at);
  now.lane[mine].committed = now.lane[mine].committed | BIT(left_at);
  ever[mine] = ever[mine] | BIT(left_at)
}

active proctype Writer() {
  byte found;
end:
  do
  :: atomic {
       mine == NONE && placed < COMMANDS && opened < LANES -> mine = opened;
       opened++;
       now.lane[mine].exists = true;
       now.lane[mine].leased = true;
       held[mine] = true
     }
  :: atomic {
       mine != NONE && placed < COMMANDS ->
       found = HEAD(mine);
       if
#ifdef FENCE_WITHOUT_HEAD
       :: now.lane[mine].closed || !now.lane[mine].exists -> leave_lane()
       :: else -> left_at = found;
#else
       :: now.lane[mine].closed || !now.lane[mine].exists || found != left_at -> leave_lane()
       :: else ->
#endif
            placed++;
            if
            :: commit();
               if
               :: held[mine] -> known_head[mine] = left_at
               :: else
               fi
            :: unknowns < UNKNOWNS -> unknowns++; commit(); leave_lane()
            :: unknowns < UNKNOWNS -> unknowns++; leave_lane()
            fi
       fi;
       found = 0
     }
  od
}

/* From memory: the rows may be gone. */
#define RELAY(l)                                                                                  \
  :: atomic {                                                                                     \
       held[l] && published[l] < known_head[l] -> published[l]++;                                 \
       stored[l] = stored[l] | BIT(published[l])                                                  \
     }                                                                                            \
  :: atomic {                                                                                     \
       held[l] && now.lane[l].exists &&                                                           \
       (now.lane[l].cursor < published[l] ||                                                      \
        (known_closed[l] && published[l] >= known_head[l])) -> save(l)                            \
     }                                                                                            \
  :: atomic { held[l] && !now.lane[l].exists -> forget(l) }                                       \
  :: atomic {                                                                                     \
       now.lane[l].leased && !held[l] -> close(l);                                                \
       held[l] = true;                                                                            \
       known_closed[l] = true;                                                                    \
       known_head[l] = now.lane[l].final;                                                         \
       published[l] = now.lane[l].cursor                                                          \
     }

inline save(l) {
  now.lane[l].cursor = MAX(now.lane[l].cursor, published[l]);
  if
  :: known_closed[l] && published[l] >= known_head[l] ->
#ifndef LEASE_ENDS_OPEN
       now.lane[l].leased = now.lane[l].leased && !now.lane[l].closed;
#else
       now.lane[l].leased = false;
#endif
       forget(l)
  :: else
  fi
}

active proctype Relay() {
end:
  do
  RELAY(0)
  RELAY(1)
  RELAY(2)
  RELAY(3)
  od
}

#ifdef TRIM_WITHOUT_ROWS
#define TRIMMABLE(l) (now.lane[l].cursor)
#else
#define TRIMMABLE(l) HIGHEST(now.lane[l].rows & UPTO(now.lane[l].cursor))
#endif
#define TRIM(l)                                                                                   \
  :: atomic {                                                                                     \
       trims < TRIMS && now.lane[l].trimmed < TRIMMABLE(l) -> trims++;                            \
       now.lane[l].trimmed = TRIMMABLE(l);                                                        \
       now.lane[l].rows = now.lane[l].rows & ~UPTO(now.lane[l].trimmed)                           \
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

#define DELIVER(l)                                                                                \
  :: stored[l] & ~covered[l] & 1 -> covered[l] = covered[l] | 1                                   \
  :: stored[l] & ~covered[l] & 2 -> covered[l] = covered[l] | 2                                   \
  :: stored[l] & ~covered[l] & 4 -> covered[l] = covered[l] | 4

/* The lowest that is still to be delivered. */
#define WAITING(l) (stored[l] & ~covered[l])
#define LOSE(l)                                                                                   \
  :: atomic {                                                                                     \
       losses < LOSSES && WAITING(l) -> losses++;                                                 \
       stored[l] = stored[l] & ~(WAITING(l) & -WAITING(l))                                        \
     }

active proctype Consumer() {
end:
  do
  DELIVER(0)
  DELIVER(1)
  DELIVER(2)
  DELIVER(3)
  LOSE(0)
  LOSE(1)
  LOSE(2)
  LOSE(3)
  od
}

inline assign(to, from) {
  l = 0;
  do
  :: l < LANES ->
       to.lane[l].exists = from.lane[l].exists;
       to.lane[l].closed = from.lane[l].closed;
       to.lane[l].leased = from.lane[l].leased;
       to.lane[l].final = from.lane[l].final;
       to.lane[l].rows = from.lane[l].rows;
       to.lane[l].cursor = from.lane[l].cursor;
       to.lane[l].trimmed = from.lane[l].trimmed;
       to.lane[l].committed = from.lane[l].committed;
       l++
  :: else -> break
  od;
  l = 0
}

inline erase() {
  l = 0;
  do
  :: l < LANES ->
       copy.lane[l].exists = false;
       copy.lane[l].closed = false;
       copy.lane[l].leased = false;
       copy.lane[l].final = 0;
       copy.lane[l].rows = 0;
       copy.lane[l].cursor = 0;
       copy.lane[l].trimmed = 0;
       copy.lane[l].committed = 0;
       l++
  :: else -> break
  od;
  l = 0
}

active proctype Fate() {
  byte l;
end:
  do
  :: atomic { !copied -> copied = true; assign(copy, now) }
  :: atomic { copied && !restored -> restored = true; assign(now, copy); erase() }
  :: atomic {
       restarts < RESTARTS -> restarts++;
       forget(0);
       forget(1);
       forget(2);
       forget(3);
#ifdef LANE_REOPENED
       if
       :: mine != NONE && now.lane[mine].exists && !now.lane[mine].closed ->
            left_at = HEAD(mine);
            held[mine] = true;
            known_head[mine] = left_at
       :: else -> mine = NONE; left_at = 0
       fi
#else
       mine = NONE;
       left_at = 0
#endif
     }
  od
}

/* Healing's last rounds. */
#ifdef RANGES_IGNORED
#define KNOWN(l) WATERMARK(covered[l])
#else
#define KNOWN(l) HIGHEST(covered[l])
#endif

active proctype End() {
  byte l, missing, trimmed, unknown;
  timeout;
  d_step {
    CLAIM(stuck, placed == COMMANDS);
    do
    :: l < LANES ->
         missing = UPTO(now.lane[l].cursor) & ~covered[l];
         trimmed = missing & UPTO(now.lane[l].trimmed) & UPTO(HEAD(l));
         covered[l] = covered[l] | (missing & now.lane[l].rows);
         unknown = missing & ~UPTO(HEAD(l));
         if
         :: now.lane[l].exists -> unknown = unknown | (UPTO(KNOWN(l)) & ~UPTO(HEAD(l)))
#ifndef CURRENT_LANES_ONLY
         :: !now.lane[l].exists -> unknown = unknown | UPTO(KNOWN(l))
#endif
         :: else
         fi;
         CLAIM(lost, !(now.lane[l].committed & ~(covered[l] | trimmed)));
         CLAIM(silent, !(covered[l] & ~now.lane[l].committed & ~unknown));
         CLAIM(open, !now.lane[l].exists || now.lane[l].closed || now.lane[l].leased);
         CLAIM(false, !(unknown & now.lane[l].committed));
         l++
    :: else -> break
    od
  }
}
