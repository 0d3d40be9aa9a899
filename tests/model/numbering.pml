/*
 * Numbering: a batch decides, then numbers, then inserts, so that each order has one event and no number is lost.
 *
 * Models   common/outbox/{writer,batch_handler}.{h,cc}, order_service/store (placing and cancelling), on PostgreSQL
 * Faults   the same request_id in both writers' batches, the same order cancelled in both and twice in one; they
 *          meet at any point
 * Leaves out  fences and closing (lanes.pml): each writer has a lane that nobody closes
 *
 * Each writer's batch: place order SHARED (under one request_id in both) or not, place an order of its own, cancel
 * order OLD, cancel it again.
 *
 * Rules, each with the switch that removes it, and the claim that then fails:
 *   NUMBER_FIRST         twice    sequences are given to those that are written, not to all that asked
 *   NUMBERS_LEFT_UNUSED  gap      ... and none is left unused by one that was not
 *   KEY_NOT_UNIQUE       twice    a request_id that another writer took meanwhile refuses the whole attempt
 *   READ_BEFORE_LOCK     twice    an order's row is locked before its state is read
 *   BATCH_BLIND          twice    what a batch decided counts for the rest of it
 *
 * Bounds
 *   quick
 *   full
 *   endless
 *   twin
 */
#define WRITERS 2
#define SHARED 0
#define OLD 3
#define ORDERS 4 /* SHARED, one of each writer's own, OLD */

#ifdef KEY_NOT_UNIQUE
#define KEY_IGNORED true
#else
#define KEY_IGNORED false
#endif

#define CLAIM(name, condition) assert((condition) || claim_##name)
/* Always 0: they name what fails. */
hidden byte claim_twice, claim_gap, claim_lost;

/* Committed. */
bool placed[ORDERS], cancelled;
byte placed_events[ORDERS], cancelled_events;
/* Whose transaction holds the key of SHARED, and the row of OLD; plus 1. */
byte key_held, row_held;
bool wanted; /* SHARED, by anyone */

active [WRITERS] proctype Writer() {
  byte head, numbered;
  bool has_shared, place_shared, cancel, cancel_again, seen_cancelled, look, conflict;

  atomic {
    if
    :: has_shared = true; wanted = true
    :: skip
    fi
  };
attempt:
  place_shared = has_shared && !(look && placed[SHARED]); /* decide: the first attempt does not look */
#ifdef READ_BEFORE_LOCK
  seen_cancelled = cancelled;
#endif
  atomic { !row_held -> row_held = _pid + 1 };
#ifndef READ_BEFORE_LOCK
  seen_cancelled = cancelled;
#endif
  atomic {
    cancel = !seen_cancelled;
#ifdef BATCH_BLIND
    cancel_again = !seen_cancelled;
#endif
    /* number */
    numbered = head + place_shared + 1 + cancel + cancel_again
  };
  atomic { /* insert: a key that another transaction has inserted is waited for */
    !key_held || !place_shared ->
    key_held = (place_shared -> _pid + 1 : key_held)
  };
  atomic {
    conflict = place_shared && placed[SHARED];
    if
#if !defined(NUMBER_FIRST) && !defined(NUMBERS_LEFT_UNUSED) && !defined(KEY_NOT_UNIQUE)
    :: conflict -> /* rolled back, and begun again with a look */
         key_held = 0;
         row_held = 0;
         conflict = false;
         look = true;
         cancel = false;
         seen_cancelled = false;
         numbered = 0;
         goto attempt
#endif
#if defined(NUMBER_FIRST) || defined(NUMBERS_LEFT_UNUSED)
    :: conflict -> /* ON CONFLICT DO NOTHING, and its number was given */
#ifdef NUMBER_FIRST
         placed_events[SHARED]++;
         head = numbered;
#else
         head = numbered - 1;
#endif
#endif
    :: place_shared && (!conflict || KEY_IGNORED) ->
         placed[SHARED] = true;
         placed_events[SHARED]++;
         head = numbered
    :: !place_shared -> head = numbered
    fi;
    placed[1 + _pid] = true;
    placed_events[1 + _pid]++;
    cancelled = cancelled || cancel;
    cancelled_events = cancelled_events + cancel + cancel_again;
    key_held = (key_held == _pid + 1 -> 0 : key_held);
    row_held = 0;
    CLAIM(twice, placed_events[SHARED] <= 1 && cancelled_events <= 1);
    CLAIM(gap, head == numbered)
  }
}

active proctype End() {
  byte order;
  timeout;
  d_step {
    do
    :: order < OLD ->
         CLAIM(lost, placed_events[order] == placed[order] && (placed[order] || order == SHARED));
         order++
    :: else -> break
    od;
    CLAIM(lost, cancelled && cancelled_events == 1 && (placed[SHARED] || !wanted))
  }
}
