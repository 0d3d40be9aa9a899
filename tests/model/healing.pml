/*
 * Healing: what the bus acknowledged and lost is fetched from the producer, and nothing else is.
 *
 * Models   common/inbox/{healer,fetcher,comparison,consumer}.cc, the stream and its durable as nats-server keeps
 *          them, common/outbox/{answerer,range_verdict,relay,trimmer}.cc
 * Faults   the broker loses a message, all of them (purge), its disk (wipe: made again, with another creation
 *          time), goes back to an older copy, loses the durable; the relay sends twice; the consumer dies; its
 *          database goes back to an older copy; retention removes rows at any time after they were published
 * Leaves out  several replicas and letters (delivery.pml), several lanes (each is compared alone), what a
 *          producer's database loses (rewind.pml). Two things may be asked for although they come, and are dropped
 *          then: copies that a relay which lost its lane sends late, and what the consumer has in hand of a stream
 *          that is gone
 *
 * Every action uses something up and every wait is a wait for a condition, so there is no endless run: progress
 * is what the end of every run is asserted to be.
 *
 * Rules, each with the switch that removes it, and the claim that then fails:
 *   NO_HEALING          lost      what the bus lost is fetched (without it the faults would not matter)
 *   ASK_AT_ONCE         needless  ask after the floor has reached S, or nothing is pending and nothing awaits
 *   STREAM_FIRST        needless  S is read after the producers were asked
 *   COMPARE_ONCE        needless  what is covered is read again after the wait
 *   ASK_UP_TO_HEAD      needless  only what is published can be missing
 *   WATERMARKS_LATER    unknown   the own watermarks are read before the producers are asked
 *   FLOOR_ALONE         stuck     what was deleted before its delivery never moves the floor
 *   WAIT_FOR_THE_LOST   lost      what awaits acknowledgement and was deleted never comes
 *   START_AT_TRIMMED    lost      a lane new to the consumer starts at 0
 *   FLOOR_IS_ENOUGH     lost      what the durable calls acknowledged is not taken for covered
 *
 * Bounds
 *   quick    -DREPEATS=0
 *   quick    -DFAULTS=1
 *   full
 *   full     -DEVENTS=3 -DREPEATS=0
 *   endless  -DFAULTS=1 -DRESTORES=0 -DREPEATS=0
 *   twin     -DFAULTS=1 -DRESTORES=0 -DREPEATS=0
 */
#ifndef EVENTS
#define EVENTS 2
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef REPEATS
#define REPEATS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef TRIMS
#define TRIMS 1
#endif
#ifndef RESTORES
#define RESTORES 1
#endif
#define PLACES (EVENTS + REPEATS) /* at most 4 */

#define BIT(n) (1 << ((n) - 1))
#define HAS(bits, n) ((bits) & (1 << ((n) - 1)))
#define UPTO(n) ((1 << (n)) - 1)
#define HIGHEST(bits) \
  (((bits) & 8) -> 4 : (((bits) & 4) -> 3 : (((bits) & 2) -> 2 : ((bits) & 1))))
#define LOWEST(bits) \
  (((bits) & 1) -> 1 : (((bits) & 2) -> 2 : (((bits) & 4) -> 3 : (((bits) & 8) -> 4 : 5))))

#define CLAIM(name, condition) assert((condition) || claim_##name)
/* Always 0: they name what fails. */
hidden byte claim_twice, claim_lost, claim_needless, claim_unknown, claim_named, claim_stuck;

/* The producer's lane. */
byte head, cursor, trimmed;

/* The stream: places are stream sequences; 0 where a message was deleted. */
byte created, last, at[5];
/* Its durable: bits of places. */
byte delivered, awaiting;
byte delivered_through;

/* The consumer's database: bits of events. */
byte covered, counted, trimmed_findings;
bool heard_of_lane;

byte in_hand; /* a place; what it held is in hand too */
byte event_in_hand;
byte faults, crashes, repeats, trims, restores;

#define STORED ((at[1] > 0) | ((at[2] > 0) << 1) | ((at[3] > 0) << 2) | ((at[4] > 0) << 3))
#define TO_DELIVER (STORED & ~delivered)
#define FLOOR ((awaiting -> LOWEST(awaiting) - 1 : delivered_through))
#define EMPTY (!TO_DELIVER && !awaiting)
/* All that awaits acknowledgement is gone from the stream, and nobody has it in hand. */
#define STILL (!TO_DELIVER && !(awaiting & STORED) && !in_hand)

#define COMES_AT(p, e) (at[p] == e && (!HAS(delivered, p) || HAS(awaiting, p)))
#define STILL_COMES(e) (COMES_AT(1, e) || COMES_AT(2, e) || COMES_AT(3, e) || COMES_AT(4, e))

inline cover(e) {
  if
  :: HAS(covered, e)
  :: else ->
       CLAIM(twice, !HAS(counted, e));
       covered = covered | BIT(e);
       counted = counted | BIT(e);
       trimmed_findings = trimmed_findings & ~BIT(e)
  fi
}

inline store(e) {
  last++;
  at[last] = e
}

active proctype Producer() {
  byte published;
end:
  do
  :: atomic { head < EVENTS -> head++ }
  :: atomic { published < head && last < PLACES -> store(published + 1); published++ }
  :: atomic { /* its acknowledgement is lost */
       published < head && last < PLACES && repeats < REPEATS -> repeats++;
       store(published + 1)
     }
  :: atomic { cursor < published -> cursor = published }
  :: atomic { trims < TRIMS && trimmed < cursor -> trims++; trimmed++ }
  od
}

inline reset_durable() {
  delivered = 0;
  awaiting = 0;
  delivered_through = 0
}

inline clear_stream() {
  at[1] = 0;
  at[2] = 0;
  at[3] = 0;
  at[4] = 0
}

inline roll_back(place) {
  last = place - 1;
  do
  :: place <= PLACES -> at[place] = 0; place++
  :: else -> break
  od;
  delivered = delivered & UPTO(last);
  awaiting = awaiting & UPTO(last);
  delivered_through = (delivered_through > last -> last : delivered_through)
}

active proctype Broker() {
  byte place;
end:
  do
  :: atomic { /* one message */
       faults < FAULTS && STORED -> faults++;
       if
       :: at[1] -> at[1] = 0
       :: at[2] -> at[2] = 0
       :: at[3] -> at[3] = 0
       :: at[4] -> at[4] = 0
       fi
     }
  :: atomic { faults < FAULTS && STORED -> faults++; clear_stream() } /* purged: goes on numbering */
  :: atomic { faults < FAULTS && last -> faults++; clear_stream(); last = 0; created++; reset_durable() }
  :: atomic { /* an older copy, of the durable too */
       faults < FAULTS && last -> faults++;
       if
       :: place = last
       :: place = 1
       fi;
       roll_back(place);
       place = 0;
       if
       :: skip
       :: reset_durable()
       fi
     }
  :: atomic { faults < FAULTS && delivered -> faults++; reset_durable() } /* made again by the consumer */
  od
}

active proctype Consumer() {
end:
  do
  :: atomic { /* the next one, or one that was delivered before and not acknowledged */
       !in_hand && (TO_DELIVER || (awaiting & STORED)) ->
       if
       :: TO_DELIVER -> in_hand = LOWEST(TO_DELIVER)
       :: awaiting & STORED -> in_hand = LOWEST(awaiting & STORED)
       fi;
       event_in_hand = at[in_hand];
       delivered = delivered | BIT(in_hand);
       awaiting = awaiting | BIT(in_hand);
       delivered_through = (delivered_through < in_hand -> in_hand : delivered_through)
     };
     if
     :: atomic { cover(event_in_hand); heard_of_lane = true };
        if
        :: skip
        :: atomic { crashes < CRASHES -> crashes++; goto dead }
        fi;
        /* The acknowledgement names a place, whatever stream it was in. */
        atomic { awaiting = awaiting & ~BIT(in_hand) }
     :: atomic { crashes < CRASHES -> crashes++ }
     fi;
dead:
     atomic { in_hand = 0; event_in_hand = 0 }
  :: atomic { /* its database goes back to an older copy */
       restores < RESTORES && covered -> restores++;
       covered = 0;
       counted = 0;
       trimmed_findings = 0;
       heard_of_lane = false
     }
  od
}

#ifdef ASK_UP_TO_HEAD
#define PUBLISHED head
#else
#define PUBLISHED cursor
#endif
#define MISSING(through, what) (UPTO(through) & ~(what))

#ifdef ASK_AT_ONCE
#define ARRIVED true
#else
#ifdef FLOOR_ALONE
#define ARRIVED (FLOOR >= stream_last)
#else
#ifdef WAIT_FOR_THE_LOST
#define ARRIVED (FLOOR >= stream_last || EMPTY)
#else
#define ARRIVED (FLOOR >= stream_last || EMPTY || STILL)
#endif
#endif
#endif

inline ask(missing) {
  e = 1;
  do
  :: e <= EVENTS && HAS(missing, e) ->
       CLAIM(needless, e <= cursor && !STILL_COMES(e) && !HAS(covered, e));
       if
       :: e > trimmed -> cover(e)
       :: else -> trimmed_findings = trimmed_findings | BIT(e)
       fi;
       e++
  :: e <= EVENTS && !HAS(missing, e) -> e++
  :: e > EVENTS -> break
  od;
  e = 0
}

active proctype Healer() {
  byte watermarks, heads, published, stream_last, stream_created, e;
end:
  do
  :: atomic {
#ifdef NO_HEALING
       false &&
#endif
       MISSING(cursor, covered | trimmed_findings) ->
       watermarks = covered; /* 1 */
#ifdef STREAM_FIRST
       stream_last = last;
       stream_created = created
#endif
     };
     atomic { /* 2 */
       heads = head;
       published = PUBLISHED
#ifdef START_AT_TRIMMED
       ;
       if
       :: !heard_of_lane -> covered = covered | UPTO(trimmed)
       :: else
       fi
#endif
     };
#ifdef WATERMARKS_LATER
     watermarks = covered;
#endif
     atomic {
       CLAIM(unknown, HIGHEST(watermarks) <= heads);
       if
       :: MISSING(published, covered | trimmed_findings) == 0 -> goto round_over
       :: else
       fi;
#ifndef STREAM_FIRST
       stream_last = last; /* 3 */
       stream_created = created
#endif
     };
     atomic { /* 4 and 5 */
       if
       :: created != stream_created -> skip
       :: created == stream_created && ARRIVED ->
#ifdef COMPARE_ONCE
            ask(MISSING(published, watermarks | trimmed_findings))
#else
#ifdef FLOOR_IS_ENOUGH
            covered = covered | UPTO(published)
#else
            ask(MISSING(published, covered | trimmed_findings))
#endif
#endif
       fi
     };
round_over:
     atomic {
       watermarks = 0;
       heads = 0;
       published = 0;
       stream_last = 0;
       stream_created = 0
     }
  od
}

active proctype End() {
  timeout;
  d_step {
    CLAIM(stuck, head == EVENTS && cursor == EVENTS);
    CLAIM(lost, (counted | trimmed_findings) == UPTO(EVENTS));
    CLAIM(named, !(counted & trimmed_findings) && !(trimmed_findings & ~UPTO(trimmed)))
  }
}
