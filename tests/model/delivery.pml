/*
 * Delivery: replicas of one consumer share a durable and a PostgreSQL, and count each event once.
 *
 * Models   common/inbox/{consumer,inbox,batch_plan,inbox_store,letter_retrier}.cc, inbox.sql
 * Faults   deliveries in any order, repeated by the stream (the relay sent twice) and by the durable (ack_wait
 *          passed); an event whose handler fails; a crash before or after the commit; a commit whose reply is
 *          lost, which lands later or never. What healing fetches comes through the same transaction: it is one
 *          more delivery.
 * Leaves out  what the bus loses (healing.pml), bisecting (a failing event is known at once), dead letters (a
 *          letter that operators redrive is a letter that is due)
 *
 * A statement that waits for a lock is two steps, as in lanes.pml.
 *
 * Rules, each with the switch that removes it, and the claim that then fails:
 *   ACK_BEFORE_COMMIT   lost   acknowledged only after the commit
 *   READ_BEFORE_LOCK    twice  lanes' rows are locked first and read in a later statement
 *   RANGES_APART        twice  ranges stand in the watermark's row (not in a table read by the locking statement)
 *   START_AT_FIRST_SEEN lost   a lane new to the consumer starts at 0
 *   FORGETS             twice  what is covered is never forgotten
 *   COUNT_APART         lost   counted in the transaction that moves the watermark
 *   LETTER_APART        lost   a letter is kept in the transaction that covers its event
 *   LETTER_UNLOCKED     twice  a letter is locked, and looked at again, by the transaction that applies it
 *   LETTER_GOES_APART   twice  ... and removed by it
 *   LOCKS_UNSORTED      stuck  locks are taken in key order
 *
 * Bounds
 *   quick    -DUNKNOWNS=0 -DFAILURES=1
 *   quick    -DCRASHES=0 -DFAILURES=1
 *   full
 *   full     -DMESSAGES=5 -DUNKNOWNS=0
 *   endless  -DUNKNOWNS=0 -DCRASHES=0 -DFAILURES=1
 *   twin     -DUNKNOWNS=0 -DFAILURES=1
 */
#ifndef MESSAGES
#define MESSAGES 4
#endif
#ifndef REDELIVERIES
#define REDELIVERIES 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef UNKNOWNS
#define UNKNOWNS 1
#endif
#ifndef FAILURES
#define FAILURES 2
#endif
#define REPLICAS 2
#define LANES 2

#define BIT(n) (1 << ((n) - 1))
#define HAS(bits, n) ((bits) & (1 << ((n) - 1)))

byte lane_of[MESSAGES + 1], sequence_of[MESSAGES + 1];
byte to_deliver, acknowledged; /* bits of messages */

typedef Row {
  bool known;     /* to this consumer */
  byte applied;   /* the watermark */
  byte ranges;    /* bits of what is covered above it */
  byte locked;    /* 0, or 1 plus the session that holds it */
  byte letters;   /* bits of events with a letter */
  byte counted[4]; /* how often each event was */
};
#define CLAIM(name, condition) assert((condition) || claim_##name)
/* Always 0: they name what fails. */
hidden byte claim_twice, claim_lost, claim_stuck;

Row row[LANES];

byte in_doubt[REPLICAS]; /* the batch of a commit whose reply was lost; its session holds its locks */
byte redeliveries, crashes, unknowns, failures;

#define SESSION(i) ((i) + 1)
#define SESSION_IN_DOUBT(i) ((i) + 3)
#define TOUCHES(l) \
  ((HAS(batch, 1) && lane_of[1] == l) || (HAS(batch, 2) && lane_of[2] == l) || \
   (HAS(batch, 3) && lane_of[3] == l) || (HAS(batch, 4) && lane_of[4] == l) || \
   (MESSAGES > 4 && HAS(batch, 5) && lane_of[MESSAGES] == l))

inline count(l, s) {
  row[l].counted[s]++;
  CLAIM(twice, row[l].counted[s] == 1)
}

inline release(session) {
  row[0].locked = (row[0].locked == session -> 0 : row[0].locked);
  row[1].locked = (row[1].locked == session -> 0 : row[1].locked)
}

inline lock(l) {
#ifdef READ_BEFORE_LOCK
  atomic { seen_applied[l] = row[l].applied; seen_ranges[l] = row[l].ranges };
#endif
#ifdef RANGES_APART
  seen_ranges[l] = row[l].ranges;
#endif
  atomic {
    !row[l].locked;
    row[l].locked = SESSION(i);
#ifdef RANGES_APART
    seen_applied[l] = row[l].applied
#endif
#if !defined(READ_BEFORE_LOCK) && !defined(RANGES_APART)
    seen_applied[l] = row[l].applied;
    seen_ranges[l] = row[l].ranges
#endif
  }
}

inline lock_if_touched(l) {
  if
  :: TOUCHES(l) -> lock(l)
  :: else
  fi
}

/* BatchPlan and the handler, for one batch whose rows are locked: all of it is one transaction. */
inline write(messages, counts) {
  m = 1;
  do
  :: m <= MESSAGES && HAS(messages, m) ->
       cover(lane_of[m], sequence_of[m], counts);
       m++
  :: m <= MESSAGES && !HAS(messages, m) -> m++
  :: m > MESSAGES -> break
  od;
  m = 0
}

inline cover(l, s, counts) {
#ifdef START_AT_FIRST_SEEN
  if
  :: !row[l].known -> row[l].applied = s - 1; seen_applied[l] = s - 1
  :: else
  fi;
#endif
  row[l].known = true;
  if
  :: s <= seen_applied[l] || HAS(seen_ranges[l], s) -> skip /* covered: dropped */
  :: else ->
       seen_ranges[l] = seen_ranges[l] | BIT(s);
       row[l].ranges = row[l].ranges | BIT(s);
       do
       :: HAS(row[l].ranges, row[l].applied + 1) ->
            row[l].applied++;
            row[l].ranges = row[l].ranges & ~BIT(row[l].applied)
       :: else -> break
       od;
       if
       :: counts -> count(l, s)
       :: counts && l == 0 && s == 2 && failures < FAILURES ->
            failures++;
#ifdef LETTER_APART
            letter_to_write = BIT(s)
#else
            row[l].letters = row[l].letters | BIT(s)
#endif
       :: !counts -> uncounted = uncounted | BIT(m)
       fi
  fi
}

#define ALL ((1 << MESSAGES) - 1)

inline forget_seen() {
  seen_applied[0] = 0;
  seen_applied[1] = 0;
  seen_ranges[0] = 0;
  seen_ranges[1] = 0
}

inline acknowledge() {
  acknowledged = acknowledged | batch;
  to_deliver = to_deliver & ~batch;
  batch = 0
}

/* What is not acknowledged is delivered again, some day. */
inline lose_batch() {
  to_deliver = to_deliver | (batch & ~acknowledged);
  batch = 0;
  forget_seen()
}

/* A transaction in doubt held its locks until now: nothing changed under it. */
inline end_doubt(lands) {
  if
  :: lands ->
       seen_applied[0] = row[0].applied;
       seen_applied[1] = row[1].applied;
       seen_ranges[0] = row[0].ranges;
       seen_ranges[1] = row[1].ranges;
       write(in_doubt[i], true)
  :: else
  fi;
  in_doubt[i] = 0;
  release(SESSION_IN_DOUBT(i));
  forget_seen()
}

#ifdef COUNT_APART
inline write_uncounted() {
  m = 1;
  do
  :: m <= MESSAGES && HAS(uncounted, m) -> count(lane_of[m], sequence_of[m]); m++
  :: m <= MESSAGES && !HAS(uncounted, m) -> m++
  :: m > MESSAGES -> break
  od;
  m = 0;
  uncounted = 0
}
#endif

proctype Replica(byte i) {
  byte batch, m, letter, letter_to_write, uncounted;
  byte seen_applied[LANES], seen_ranges[LANES];
end:
  do
  :: atomic { /* Consumer: takes at most two messages */
       !batch && to_deliver ->
       if
       :: HAS(to_deliver, 1) -> batch = BIT(1)
       :: HAS(to_deliver, 2) -> batch = BIT(2)
       :: HAS(to_deliver, 3) -> batch = BIT(3)
       :: HAS(to_deliver, 4) -> batch = BIT(4)
#if MESSAGES > 4
       :: HAS(to_deliver, 5) -> batch = BIT(5)
#endif
       fi;
       if
       :: skip
       :: HAS(to_deliver, 2) -> batch = batch | BIT(2)
       :: HAS(to_deliver, 3) -> batch = batch | BIT(3)
       :: HAS(to_deliver, 4) -> batch = batch | BIT(4)
       fi;
       to_deliver = to_deliver & ~batch
     };
#ifdef ACK_BEFORE_COMMIT
     acknowledged = acknowledged | batch;
#endif
#ifdef LOCKS_UNSORTED
     if
     :: i == 0 -> lock_if_touched(0); lock_if_touched(1)
     :: i == 1 -> lock_if_touched(1); lock_if_touched(0)
     fi;
#else
     lock_if_touched(0);
     lock_if_touched(1);
#endif
     if
     :: atomic { /* committed */
#ifdef COUNT_APART
          write(batch, false);
#else
          write(batch, true);
#endif
          forget_seen();
          release(SESSION(i))
        };
#ifdef COUNT_APART
        if
        :: atomic { crashes < CRASHES -> crashes++; uncounted = 0; lose_batch() }
        :: skip
        fi;
        atomic { write_uncounted() };
#endif
#ifdef LETTER_APART
        if
        :: atomic { crashes < CRASHES -> crashes++; lose_batch() }
        :: row[0].letters = row[0].letters | letter_to_write
        fi;
        letter_to_write = 0;
#endif
        atomic { acknowledge() }
     :: atomic { crashes < CRASHES -> crashes++; release(SESSION(i)); lose_batch() }
     :: atomic { /* committed, but dead before it could acknowledge */
          crashes < CRASHES -> crashes++;
          write(batch, true);
          release(SESSION(i));
          lose_batch()
        }
     :: atomic { /* COMMIT in doubt: given back */
          unknowns < UNKNOWNS && !in_doubt[i] -> unknowns++;
          in_doubt[i] = batch;
          row[0].locked = (row[0].locked == SESSION(i) -> SESSION_IN_DOUBT(i) : row[0].locked);
          row[1].locked = (row[1].locked == SESSION(i) -> SESSION_IN_DOUBT(i) : row[1].locked);
          lose_batch()
        }
     fi

  :: atomic { !batch && row[0].letters -> letter = row[0].letters }; /* LetterRetrier; only 2 of lane 0 fails */
     lock(0);
     atomic {
       if
#ifdef LETTER_UNLOCKED
       :: true -> count(0, 2); row[0].letters = 0
#else
       :: row[0].letters -> count(0, 2);
#ifndef LETTER_GOES_APART
          row[0].letters = 0
#endif
#endif
       :: failures < FAILURES -> failures++
       :: !row[0].letters
       fi;
       letter = 0;
       forget_seen();
       release(SESSION(i))
     }
#ifdef LETTER_GOES_APART
     ;
     row[0].letters = 0
#endif

  :: atomic { /* ack_wait has passed */
       redeliveries < REDELIVERIES && ALL & ~(to_deliver | acknowledged) -> redeliveries++;
       to_deliver = ALL & ~acknowledged
     }
#ifdef FORGETS
  :: atomic { row[0].known && !row[0].locked -> row[0].known = false; row[0].applied = 0; row[0].ranges = 0 }
#endif
  od
}

active [REPLICAS] proctype Server() {
  byte i, m, letter_to_write, uncounted;
  byte seen_applied[LANES], seen_ranges[LANES];
  i = _pid;
end:
  do
  :: atomic { in_doubt[i] -> end_doubt(true) }
  :: atomic { in_doubt[i] -> end_doubt(false) }
  od
}

active proctype End() {
  byte m = 1;
  timeout;
  d_step {
    CLAIM(stuck, acknowledged == ALL && !row[0].locked && !row[1].locked);
    do
    :: m <= MESSAGES ->
         CLAIM(lost, row[lane_of[m]].counted[sequence_of[m]] == 1);
         m++
    :: else -> break
    od;
    CLAIM(lost, !row[0].ranges && !row[1].ranges && !row[0].letters)
  }
}

#define MESSAGE(m, l, s) lane_of[m] = l; sequence_of[m] = s

init {
  atomic {
    MESSAGE(1, 0, 1);
    MESSAGE(2, 0, 2);
    MESSAGE(3, 0, 2); /* the relay sent it twice */
    MESSAGE(4, 1, 1);
#if MESSAGES > 4
    MESSAGE(5, 0, 3);
#endif
    to_deliver = ALL;
    run Replica(0);
    run Replica(1)
  }
}
