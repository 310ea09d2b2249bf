/* test-threads.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-util.h"
#include "test-race.h"

#define HOUR_USEC ((gint64) 3600 * G_USEC_PER_SEC)

#define TEST_DOMAIN (g_quark_from_static_string ("gctx-test"))

GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)

/* What two threads meet over. The causes are 1 for `here` and 2 for `there`. */
typedef struct
{
  GError *causes[3];
  GCtxScope *scope;
  GCtxScope *siblings[8];
  GCtxScope *other;
  GCtxContext *context;
  GCtxContext *derived;
  GCancellable *cancellables[3];
  GCancellable *asked;
  GCancellable *created;
  GObject *value;
  gint64 deadline;
  gulong id;
  gboolean here;
  gboolean there;
  int n_calls;
  int n_destroyed;
} Meeting;

static void
run (TestRaceFunc set_up,
     TestRaceFunc here,
     TestRaceFunc there,
     TestRaceFunc check)
{
  Meeting meeting = { .scope = NULL };
  int i;

  for (i = 1; i <= 2; i++)
    meeting.causes[i] = g_error_new (TEST_DOMAIN, i, "cause number %d", i);
  test_race (set_up, here, there, check, &meeting);
  for (i = 1; i <= 2; i++)
    g_error_free (meeting.causes[i]);
}

static void
clear (Meeting *meeting)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i++)
    g_clear_object (&meeting->siblings[i]);
  g_clear_object (&meeting->derived);
  g_clear_object (&meeting->context);
  g_clear_object (&meeting->other);
  g_clear_object (&meeting->scope);
  g_clear_object (&meeting->asked);
  g_clear_object (&meeting->created);
  meeting->here = meeting->there = FALSE;
  meeting->n_calls = meeting->n_destroyed = 0;
}

static void
assert_cancelled_by (GCtxContext *context,
                     int          cause_code)
{
  const GError *error = gctx_context_get_error (context);
  const GError *cause = gctx_context_get_cause (context);

  g_assert_true (gctx_context_is_done (context));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (cause, TEST_DOMAIN, cause_code);
}

/* A scope, the last of several scopes below it and a value context below that,
 * each of which has handed out a cancellable. */
static void
set_up_tree (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  meeting->scope = gctx_scope_new (gctx_context_background ());
  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i++)
    meeting->siblings[i] = gctx_scope_new (GCTX_CONTEXT (meeting->scope));
  meeting->other = gctx_scope_new (GCTX_CONTEXT (meeting->scope));
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (meeting->other), NULL);
  meeting->cancellables[0] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
  meeting->cancellables[1] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->other));
  meeting->cancellables[2] = gctx_context_get_cancellable (meeting->context);
}

static gboolean
cancel_from (Meeting   *meeting,
             GCtxScope *scope,
             int        cause_code)
{
  gboolean ended = gctx_scope_cancel_with_cause (scope, meeting->causes[cause_code]);
  guint i;

  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (meeting->other)));
  g_assert_true (gctx_context_is_done (meeting->context));
  for (i = scope == meeting->scope ? 0 : 1; ended && i < 3; i++)
    g_assert_true (g_cancellable_is_cancelled (meeting->cancellables[i]));
  return ended;
}

static void
cancel_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->here = cancel_from (meeting, meeting->scope, 1);
}

static void
cancel_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = cancel_from (meeting, meeting->scope, 2);
}

static void
check_one_ended_it (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (meeting->here != meeting->there);
  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), meeting->here ? 1 : 2);
  assert_cancelled_by (meeting->context, meeting->here ? 1 : 2);
  clear (meeting);
}

static void
test_cancel_against_cancel (void)
{
  g_test_summary ("rule 2: of two cancels one returns TRUE, and then all below has been told");
  run (set_up_tree, cancel_here, cancel_there, check_one_ended_it);
}

static void
cancel_below_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = cancel_from (meeting, meeting->other, 2);
}

static void
check_above_and_below (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (meeting->here);
  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), 1);
  assert_cancelled_by (GCTX_CONTEXT (meeting->other), meeting->there ? 2 : 1);
  assert_cancelled_by (meeting->context, meeting->there ? 2 : 1);
  clear (meeting);
}

static void
test_cancel_against_cancel_below (void)
{
  g_test_summary ("rule 2: a cancel that returns TRUE helps what another thread is delivering below");
  run (set_up_tree, cancel_here, cancel_below_there, check_above_and_below);
}

static void
set_up_any (gpointer data)
{
  Meeting *meeting = data;
  GCtxContext *both[2];

  meeting->scope = gctx_scope_new (gctx_context_background ());
  meeting->other = gctx_scope_new (gctx_context_background ());
  both[0] = GCTX_CONTEXT (meeting->scope);
  both[1] = GCTX_CONTEXT (meeting->other);
  meeting->context = gctx_context_any (both, 2);
  meeting->asked = g_object_ref (gctx_context_get_cancellable (meeting->context));
}

static void
cancel_one_here (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_scope_cancel_with_cause (meeting->scope, meeting->causes[1]));
  g_assert_true (gctx_context_is_done (meeting->context));
  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
}

static void
cancel_other_there (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_scope_cancel_with_cause (meeting->other, meeting->causes[2]));
  g_assert_true (gctx_context_is_done (meeting->context));
  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
}

static void
check_any (gpointer data)
{
  Meeting *meeting = data;
  const GError *cause = gctx_context_get_cause (meeting->context);

  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), 1);
  assert_cancelled_by (GCTX_CONTEXT (meeting->other), 2);
  g_assert_true (cause->domain == TEST_DOMAIN);
  g_assert_true (cause->code == 1 || cause->code == 2);
  g_assert_true (gctx_context_get_cause (meeting->context) == cause);
  clear (meeting);
}

static void
test_any (void)
{
  g_test_summary ("rule 2: of two cancels above any both tell it, and one is its cause");
  run (set_up_any, cancel_one_here, cancel_other_there, check_any);
}

static void
set_up_value (gpointer data)
{
  Meeting *meeting = data;
  GCtxScope *middle;
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);

  g_set_weak_pointer (&meeting->value, object);
  meeting->scope = gctx_scope_new (gctx_context_background ());
  middle = gctx_scope_new_full (GCTX_CONTEXT (meeting->scope), g_get_monotonic_time () + HOUR_USEC,
                                NULL, object_key (), object, NULL);
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (middle), NULL);
  meeting->asked = g_object_ref (gctx_context_get_cancellable (meeting->context));
  g_object_unref (middle);
}

static void
close_here (gpointer data)
{
  Meeting *meeting = data;

  gctx_scope_close (g_steal_pointer (&meeting->scope));
}

static void
unref_there (gpointer data)
{
  Meeting *meeting = data;

  g_clear_object (&meeting->context);
}

static void
check_cancelled_and_freed (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
  g_assert_nonnull (meeting->value);
  g_clear_object (&meeting->asked);
  g_assert_null (meeting->value);
  clear (meeting);
}

static void
test_cancel_against_last_unref (void)
{
  g_test_summary ("rule 5: a cancel meets the last unref of a context below it");
  run (set_up_value, close_here, unref_there, check_cancelled_and_freed);
}

static void
set_up_two_holders (gpointer data)
{
  Meeting *meeting = data;

  set_up_value (data);
  meeting->other = g_object_ref (meeting->scope);
  g_clear_object (&meeting->context);
}

static void
unref_other_there (gpointer data)
{
  Meeting *meeting = data;

  g_clear_object (&meeting->other);
}

static void
test_close_against_last_unref (void)
{
  g_test_summary ("rule 5: a close meets the unref of another holder of the same scope");
  run (set_up_two_holders, close_here, unref_other_there, check_cancelled_and_freed);
}

static void
unref_cancellable_here (gpointer data)
{
  Meeting *meeting = data;

  g_clear_object (&meeting->asked);
}

static void
check_freed (gpointer data)
{
  Meeting *meeting = data;

  g_assert_null (meeting->value);
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (meeting->scope)));
  clear (meeting);
}

static void
test_last_unref_against_last_unref (void)
{
  g_test_summary ("rule 18: a context and its cancellable go at once; the value is released once");
  run (set_up_value, unref_cancellable_here, unref_there, check_freed);
}

static void
set_up_scope (gpointer data)
{
  Meeting *meeting = data;

  meeting->scope = gctx_scope_new (gctx_context_background ());
}

static void
cancel_scope_here (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_scope_cancel_with_cause (meeting->scope, meeting->causes[1]));
}

static void
derive_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->other = gctx_scope_new_with_timeout (GCTX_CONTEXT (meeting->scope), HOUR_USEC);
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (meeting->other), NULL);
  meeting->derived = gctx_context_any (&meeting->context, 1);
}

static void
check_derived (gpointer data)
{
  Meeting *meeting = data;

  assert_cancelled_by (GCTX_CONTEXT (meeting->other), 1);
  assert_cancelled_by (meeting->context, 1);
  assert_cancelled_by (meeting->derived, 1);
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (meeting->derived)));
  g_assert_false (gctx_scope_cancel (meeting->other));
  clear (meeting);
}

static void
test_cancel_against_derive (void)
{
  g_test_summary ("rule 6: a child derived during a cancel ends with its parent's error and cause");
  run (set_up_scope, cancel_scope_here, derive_there, check_derived);
}

static void
ask_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->asked = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope)));
  meeting->created = gctx_context_create_cancellable (GCTX_CONTEXT (meeting->scope));
}

static void
check_asked (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
  g_assert_true (g_cancellable_is_cancelled (meeting->created));
  clear (meeting);
}

static void
test_cancel_against_first_use (void)
{
  g_test_summary ("rule 2: a cancellable first asked for during a cancel is cancelled");
  run (set_up_scope, cancel_scope_here, ask_there, check_asked);
}

static void
ask_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->cancellables[0] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
}

static void
ask_the_same_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->cancellables[1] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
}

static void
check_same (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (meeting->cancellables[0] == meeting->cancellables[1]);
  g_assert_true (gctx_scope_cancel (meeting->scope));
  g_assert_true (g_cancellable_is_cancelled (meeting->cancellables[0]));
  clear (meeting);
}

static void
test_first_use_against_first_use (void)
{
  g_test_summary ("rule 9: two threads that ask first are given the same cancellable");
  run (set_up_scope, ask_here, ask_the_same_there, check_same);
}

/* Both end what was handed out, but only `here` ends the context. */
static void
set_up_handed_out (gpointer data)
{
  Meeting *meeting = data;

  set_up_scope (data);
  meeting->cancellables[0] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
}

static void
cancel_and_look_here (gpointer data)
{
  Meeting *meeting = data;

  cancel_scope_here (data);
  g_assert_true (g_cancellable_is_cancelled (meeting->cancellables[0]));
}

static void
cancel_handed_out_there (gpointer data)
{
  Meeting *meeting = data;

  g_cancellable_cancel (meeting->cancellables[0]);
  meeting->cancellables[1] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
}

static void
check_handed_out (gpointer data)
{
  Meeting *meeting = data;

  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), 1);
  g_assert_true (g_cancellable_is_cancelled (meeting->cancellables[1]));
  clear (meeting);
}

static void
test_cancel_against_replacement (void)
{
  g_test_summary ("rule 9: a cancellable is replaced while the context ends");
  run (set_up_handed_out, cancel_and_look_here, cancel_handed_out_there, check_handed_out);
}

static void
set_up_foreign (gpointer data)
{
  Meeting *meeting = data;

  meeting->asked = g_cancellable_new ();
  meeting->context = gctx_context_from_cancellable (meeting->asked);
}

static void
cancel_foreign_here (gpointer data)
{
  Meeting *meeting = data;

  g_cancellable_cancel (meeting->asked);
}

static void
adopt_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->derived = gctx_context_from_cancellable (meeting->asked);
  g_clear_object (&meeting->context);
}

static void
check_adopted (gpointer data)
{
  Meeting *meeting = data;
  guint signal_id = g_signal_lookup ("cancelled", G_TYPE_CANCELLABLE);

  g_assert_true (gctx_context_is_done (meeting->derived));
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (meeting->derived)));
  g_clear_object (&meeting->derived);

  /* The thread that delivers may be about to take the handler away. */
  while (g_signal_has_handler_pending (meeting->asked, signal_id, 0, TRUE))
    g_thread_yield ();
  clear (meeting);
}

static void
test_foreign_cancel_against_adoption (void)
{
  g_test_summary ("rule 5: a foreign cancel meets an adoption and the end of another one");
  run (set_up_foreign, cancel_foreign_here, adopt_there, check_adopted);
}

static void
count_call (GCtxContext *context,
            gpointer     data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_context_is_done (context));
  meeting->n_calls++;
}

static void
count_destroy (gpointer data)
{
  Meeting *meeting = data;

  g_atomic_int_inc (&meeting->n_destroyed);
}

static void
add_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->id = gctx_context_add_after_func (GCTX_CONTEXT (meeting->scope), count_call, meeting,
                                             count_destroy);
}

static void
check_called (gpointer data)
{
  Meeting *meeting = data;

  g_assert_cmpint (meeting->n_calls, ==, 0);
  test_iterate_pending (NULL);
  g_assert_cmpint (meeting->n_calls, ==, 1);
  g_assert_cmpint (meeting->n_destroyed, ==, 1);
  g_assert_false (gctx_context_remove_after_func (GCTX_CONTEXT (meeting->scope), meeting->id));
  clear (meeting);
}

static void
test_cancel_against_add (void)
{
  g_test_summary ("rule 2: an after-func added during a cancel runs once");
  run (set_up_scope, cancel_scope_here, add_there, check_called);
}

static void
set_up_added (gpointer data)
{
  set_up_scope (data);
  add_there (data);
}

static void
remove_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = gctx_context_remove_after_func (GCTX_CONTEXT (meeting->scope), meeting->id);
}

static void
check_called_or_removed (gpointer data)
{
  Meeting *meeting = data;

  test_iterate_pending (NULL);
  g_assert_cmpint (meeting->n_calls, ==, meeting->there ? 0 : 1);
  g_assert_cmpint (meeting->n_destroyed, ==, 1);
  clear (meeting);
}

static void
test_cancel_against_remove (void)
{
  g_test_summary ("rule 5: an after-func is either removed or runs, and is destroyed once");
  run (set_up_added, cancel_scope_here, remove_there, check_called_or_removed);
}

/* A deadline that passes at about the moment of the cancel. */
static void
set_up_deadline (gpointer data)
{
  Meeting *meeting = data;

  meeting->deadline = g_get_monotonic_time () + 10;
  meeting->scope = gctx_scope_new_with_deadline_cause (gctx_context_background (),
                                                       meeting->deadline, meeting->causes[2]);
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (meeting->scope), NULL);
}

static void
cancel_timed_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->here = gctx_scope_cancel_with_cause (meeting->scope, meeting->causes[1]);
}

static void
look_there (gpointer data)
{
  Meeting *meeting = data;

  while (!gctx_context_is_done (meeting->context))
    ;
  meeting->there = gctx_scope_has_expired (meeting->scope);
}

static void
check_outcome (gpointer data)
{
  Meeting *meeting = data;
  const GError *error = gctx_context_get_error (meeting->context);
  const GError *cause = gctx_context_get_cause (meeting->context);
  int error_code = meeting->here ? G_IO_ERROR_CANCELLED : G_IO_ERROR_TIMED_OUT;
  int cause_code = meeting->here ? 1 : 2;

  g_assert_true (meeting->here != meeting->there);
  g_assert_error (error, G_IO_ERROR, error_code);
  g_assert_error (cause, TEST_DOMAIN, cause_code);
  g_assert_true (gctx_scope_has_expired (meeting->scope) == meeting->there);
  clear (meeting);
}

static void
test_cancel_against_deadline (void)
{
  g_test_summary ("rule 1: a cancel and a deadline meet; one of them is the outcome for everybody");
  run (set_up_deadline, cancel_timed_here, look_there, check_outcome);
}

/* A thread that is held up in a handler, in the middle of its delivery. */
typedef struct
{
  GCtxScope *scope;
  int entered;
  int released;
} HeldUp;

static void
hold_up (GCancellable *cancellable,
         gpointer      data)
{
  HeldUp *held_up = data;

  g_atomic_int_set (&held_up->entered, TRUE);
  while (!g_atomic_int_get (&held_up->released))
    g_thread_yield ();
}

static gpointer
cancel_in_thread (gpointer data)
{
  HeldUp *held_up = data;

  g_assert_true (gctx_scope_cancel (held_up->scope));
  return NULL;
}

static void
test_cancel_never_waits (void)
{
  int round;

  g_test_summary ("rule 2: a cancel finishes another thread's delivery instead of waiting for it");

  for (round = 0; round < 100; round++)
    {
      g_autoptr (GCtxScope) outer = gctx_scope_new (gctx_context_background ());
      g_autoptr (GCtxScope) middle = gctx_scope_new (GCTX_CONTEXT (outer));
      g_autoptr (GCtxScope) inner = gctx_scope_new (GCTX_CONTEXT (middle));
      g_autoptr (GCtxContext) leaf = gctx_context_with_timeout (GCTX_CONTEXT (inner), HOUR_USEC);
      GCancellable *first = gctx_context_get_cancellable (GCTX_CONTEXT (middle));
      GCancellable *second = gctx_context_get_cancellable (GCTX_CONTEXT (inner));
      GCancellable *third = gctx_context_get_cancellable (leaf);
      HeldUp held_up = { middle, FALSE, FALSE };
      GThread *thread;

      g_signal_connect (first, "cancelled", G_CALLBACK (hold_up), &held_up);
      thread = g_thread_new ("held-up", cancel_in_thread, &held_up);
      while (!g_atomic_int_get (&held_up.entered))
        g_thread_yield ();

      g_assert_false (gctx_scope_cancel (middle));
      g_assert_true (gctx_context_is_done (leaf));
      g_assert_true (gctx_scope_cancel (outer));
      g_assert_true (g_cancellable_is_cancelled (second));
      g_assert_true (g_cancellable_is_cancelled (third));

      g_atomic_int_set (&held_up.released, TRUE);
      g_thread_join (thread);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/threads/cancel/cancel", test_cancel_against_cancel);
  g_test_add_func ("/gctx/threads/cancel/cancel-below", test_cancel_against_cancel_below);
  g_test_add_func ("/gctx/threads/cancel/any", test_any);
  g_test_add_func ("/gctx/threads/cancel/last-unref", test_cancel_against_last_unref);
  g_test_add_func ("/gctx/threads/cancel/unref-of-another-holder", test_close_against_last_unref);
  g_test_add_func ("/gctx/threads/last-unref/last-unref", test_last_unref_against_last_unref);
  g_test_add_func ("/gctx/threads/cancel/derive", test_cancel_against_derive);
  g_test_add_func ("/gctx/threads/cancel/first-use", test_cancel_against_first_use);
  g_test_add_func ("/gctx/threads/first-use/first-use", test_first_use_against_first_use);
  g_test_add_func ("/gctx/threads/cancel/replacement", test_cancel_against_replacement);
  g_test_add_func ("/gctx/threads/foreign-cancel/adoption", test_foreign_cancel_against_adoption);
  g_test_add_func ("/gctx/threads/cancel/add-after-func", test_cancel_against_add);
  g_test_add_func ("/gctx/threads/cancel/remove-after-func", test_cancel_against_remove);
  g_test_add_func ("/gctx/threads/cancel/deadline", test_cancel_against_deadline);
  g_test_add_func ("/gctx/threads/cancel/never-waits", test_cancel_never_waits);

  return g_test_run ();
}
