/* test-everywhere.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-everything.h"

/* Every place where foreign code can run, times every public function. That
 * nothing waits for itself shows in that the test ends. */

static gpointer
use_in_thread (gpointer data)
{
  use_and_end (data);
  return NULL;
}

/* On GLib >= 2.84 a place may come with a mutex of a cancellable held, which
 * no call in another thread may want either. */
static void
use_beside (Family *family)
{
  g_thread_join (g_thread_new ("beside", use_in_thread, family));
}

static void (*use_here) (Family *family);

static void
on_cancelled (GCancellable *cancellable,
              gpointer      data)
{
  use_here (data);
}

static gboolean
on_cancellable_source (GCancellable *cancellable,
                       gpointer      data)
{
  use_here (data);
  return G_SOURCE_REMOVE;
}

static void
on_after (GCtxContext *context,
          gpointer     data)
{
  use_here (data);
}

static gboolean
on_source (GCtxContext *context,
           gpointer     data)
{
  use_here (data);
  return G_SOURCE_REMOVE;
}

static void
on_destroy (gpointer data)
{
  use_here (data);
}

static void
on_weak (gpointer  data,
         GObject  *where_it_was)
{
  use_here (data);
}

static void
on_ready (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  use_here (data);
}

static void
nothing (void)
{
}

static GCancellable *
get_cancellable (GCtxScope *scope)
{
  return gctx_context_get_cancellable (GCTX_CONTEXT (scope));
}

/* --- Where a cancellable is cancelled --- */

static void
in_handlers (Family *family)
{
  GCtxScope *members[] = { family->parent, family->self, family->child };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_cancellable_connect (get_cancellable (members[i]), G_CALLBACK (on_cancelled), family, NULL);
      g_signal_connect_after (get_cancellable (members[i]), "cancelled",
                              G_CALLBACK (on_cancelled), family);
    }
  g_assert_true (gctx_scope_cancel (family->self));
  g_assert_cmpint (family->n_used, ==, 3 * 6);
}

static void
in_handler_of_the_cancelled (Family *family)
{
  GCancellable *cancellable = get_cancellable (family->self);

  /* One that somebody else cancelled leaves its context live. */
  g_cancellable_cancel (cancellable);
  g_assert_cmpuint (g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), family, NULL), ==, 0);
  g_assert_cmpint (family->n_used, ==, 3);

  cancellable = get_cancellable (family->self);
  g_assert_cmpuint (g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), family, NULL), ==, 0);
  g_assert_cmpint (family->n_used, ==, 6);
}

static void
in_notify_of_the_cancelled (Family *family)
{
  GCancellable *cancellable = get_cancellable (family->self);

  g_cancellable_cancel (cancellable);
  g_cancellable_connect (cancellable, G_CALLBACK (nothing), family, on_destroy);
  g_assert_cmpint (family->n_used, ==, 3);
}

/* Before GLib 2.84 g_cancellable_disconnect () holds a lock meanwhile that all
 * cancellables share: see docs/threads-and-homes.md. */
static void
in_notify_of_a_disconnection (Family *family)
{
  GCancellable *cancellable = get_cancellable (family->self);
  gulong id = g_cancellable_connect (cancellable, G_CALLBACK (nothing), family, on_destroy);

  if (glib_check_version (2, 84, 0) == NULL)
    g_cancellable_disconnect (cancellable, id);
  else
    g_signal_handler_disconnect (cancellable, id);
  g_assert_cmpint (family->n_used, ==, 3);
}

static void
in_notify_of_the_last_unref (Family *family)
{
  GCancellable *cancellable = gctx_context_create_cancellable (GCTX_CONTEXT (family->self));

  g_cancellable_connect (cancellable, G_CALLBACK (nothing), family, on_destroy);
  test_assert_last_unref (cancellable);
  g_assert_cmpint (family->n_used, ==, 3);
}

static void
in_foreign_emission (Family *family)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  g_autoptr (GCtxContext) adopted = NULL;

  family_clear (family);
  g_signal_connect (foreign, "cancelled", G_CALLBACK (on_cancelled), family);
  adopted = gctx_context_from_cancellable (foreign);
  g_signal_connect (foreign, "cancelled", G_CALLBACK (on_cancelled), family);
  family_init_below (family, adopted);
  g_assert_nonnull (get_cancellable (family->child));
  g_cancellable_cancel (foreign);
  g_assert_true (gctx_context_is_done (adopted));
  g_assert_cmpint (family->n_used, ==, 6);
}

static void
in_cancellable_source (Family *family)
{
  g_autoptr (GSource) source = g_cancellable_source_new (get_cancellable (family->self));

  g_source_set_callback (source, G_SOURCE_FUNC (on_cancellable_source), family, on_destroy);
  g_source_attach (source, NULL);
  g_assert_true (gctx_scope_cancel (family->parent));
  test_iterate_pending (NULL);
  g_assert_cmpint (family->n_used, ==, 6);
}

/* Runs in the home or in a thread of the library, whichever is faster. */
static void
in_handler_of_a_deadline (Family *family)
{
  g_autoptr (GCtxContext) timed = gctx_context_with_timeout (GCTX_CONTEXT (family->self), 1000);
  GCancellable *cancellable = gctx_context_get_cancellable (timed);
  gulong id = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), family, NULL);

  while (g_atomic_int_get (&family->n_used) < 3)
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }

  /* Waits for the handler to return. */
  g_cancellable_disconnect (cancellable, id);
  g_assert_cmpint (family->n_used, ==, 3);
}

/* --- Where a context tells that it is done --- */

static void
in_after_func (Family *family)
{
  gctx_context_add_after_func (GCTX_CONTEXT (family->self), on_after, family, on_destroy);
  g_assert_true (gctx_scope_cancel (family->self));
  test_iterate_pending (NULL);
  g_assert_cmpint (family->n_used, ==, 6);
}

static void
in_notify_of_a_removal (Family *family)
{
  gulong id = gctx_context_add_after_func (GCTX_CONTEXT (family->self), (GCtxAfterFunc) nothing,
                                           family, on_destroy);

  g_assert_true (gctx_context_remove_after_func (GCTX_CONTEXT (family->self), id));
  g_assert_cmpint (family->n_used, ==, 3);
  gctx_context_add_after_func (gctx_context_background (), (GCtxAfterFunc) nothing, family, on_destroy);
  g_assert_cmpint (family->n_used, ==, 6);
}

static void
in_source (Family *family)
{
  GSource *source = gctx_context_create_source (GCTX_CONTEXT (family->self));

  g_source_set_callback (source, G_SOURCE_FUNC (on_source), family, on_destroy);
  g_source_attach (source, NULL);
  g_source_unref (source);
  g_assert_true (gctx_scope_cancel (family->self));
  test_iterate_pending (NULL);
  g_assert_cmpint (family->n_used, ==, 6);
}

static void
in_wait (Family *family)
{
  gctx_context_wait_async (GCTX_CONTEXT (family->self), NULL, on_ready, family);
  gctx_context_sleep_async (GCTX_CONTEXT (family->child), HOUR_USEC, NULL, on_ready, family);
  g_assert_true (gctx_scope_cancel (family->self));
  test_iterate_pending (NULL);
  g_assert_cmpint (family->n_used, ==, 6);
}

/* --- In a task --- */

static void
in_task (Family *family)
{
  g_autoptr (GTask) task = g_task_new (NULL, get_cancellable (family->self), on_ready, family);

  g_task_set_task_data (task, family, on_destroy);
  g_assert_true (gctx_scope_cancel (family->self));
  g_assert_true (g_task_return_error_if_cancelled (task));
  test_iterate_pending (NULL);
  g_assert_cmpint (family->n_used, ==, 3);
  test_assert_last_unref (g_steal_pointer (&task));
  g_assert_cmpint (family->n_used, ==, 6);
}

static void
task_thread (GTask        *task,
             gpointer      source_object,
             gpointer      task_data,
             GCancellable *cancellable)
{
  use_here (task_data);
  g_assert_true (g_task_return_error_if_cancelled (task));
}

static void
in_task_thread (Family *family)
{
  g_autoptr (GTask) task = g_task_new (NULL, get_cancellable (family->self), NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_task_set_task_data (task, family, NULL);
  g_task_run_in_thread_sync (task, task_thread);
  g_assert_cmpint (family->n_used, ==, 3);
  g_assert_false (g_task_propagate_boolean (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* --- Where something ends that is not a context's end --- */

static void
in_free_of_a_value (Family *family)
{
  g_autoptr (GObject) value = g_object_new (G_TYPE_OBJECT, NULL);
  GCtxContext *context =
    gctx_context_with_values (GCTX_CONTEXT (family->self), object_key (), value, NULL);
  g_autoptr (GCancellable) cancellable = gctx_context_create_cancellable (context);

  g_object_weak_ref (value, on_weak, family);
  g_clear_object (&value);
  test_assert_last_unref (context);
  g_assert_cmpint (family->n_used, ==, 0);
  test_assert_last_unref (g_steal_pointer (&cancellable));
  g_assert_cmpint (family->n_used, ==, 3);
}

static void
in_weak_notify (Family *family)
{
  GCtxScope *scope = gctx_scope_new (GCTX_CONTEXT (family->self));
  GCtxContext *plain = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);

  g_object_weak_ref (G_OBJECT (scope), on_weak, family);
  g_object_weak_ref (G_OBJECT (plain), on_weak, family);
  g_object_weak_ref (G_OBJECT (gctx_context_get_cancellable (GCTX_CONTEXT (scope))), on_weak, family);
  g_object_weak_ref (G_OBJECT (gctx_context_get_cancellable (plain)), on_weak, family);
  test_assert_last_unref (plain);
  test_assert_last_unref (scope);
  g_assert_cmpint (family->n_used, ==, 4 * 3);
}

static void
on_toggle (gpointer  data,
           GObject  *object,
           gboolean  is_last_ref)
{
  family_in_toggle_notify = TRUE;
  use_everything (data);
  family_in_toggle_notify = FALSE;
}

/* The cancellable of a living context, one whose context is gone, and a
 * context, all held by nobody else. */
static void
in_toggle_notify (Family *family)
{
  GCtxScope *gone = gctx_scope_new (GCTX_CONTEXT (family->self));
  GCancellable *left = gctx_context_get_cancellable (GCTX_CONTEXT (gone));
  GCancellable *created = gctx_context_create_cancellable (GCTX_CONTEXT (family->child));
  GCtxContext *timed = gctx_context_with_timeout (GCTX_CONTEXT (family->self), HOUR_USEC / 2);
  int n_used;

  g_object_add_toggle_ref (G_OBJECT (left), on_toggle, family);
  g_object_add_toggle_ref (G_OBJECT (created), on_toggle, family);
  g_object_add_toggle_ref (G_OBJECT (timed), on_toggle, family);
  gctx_context_add_after_func (timed, (GCtxAfterFunc) nothing, NULL, NULL);
  g_object_unref (gone);
  g_object_unref (created);
  g_object_unref (timed);
  n_used = family->n_used;
  g_assert_cmpint (n_used, >=, 2);

  g_assert_true (gctx_scope_cancel (family->parent));
  g_assert_true (g_cancellable_is_cancelled (left));
  g_assert_true (g_cancellable_is_cancelled (created));
  test_iterate_pending (NULL);
  g_assert_cmpint (family->n_used, >, n_used);

  g_object_remove_toggle_ref (G_OBJECT (left), on_toggle, family);
  g_object_remove_toggle_ref (G_OBJECT (created), on_toggle, family);
  g_object_remove_toggle_ref (G_OBJECT (timed), on_toggle, family);
}

/* --- The test --- */

typedef struct
{
  const char  *path;
  void       (*func) (Family *family);
  const char  *summary;
} Place;

static const Place places[] = {
  { "handlers", in_handlers, "handlers of `cancelled`" },
  { "handler-of-the-cancelled", in_handler_of_the_cancelled,
    "what g_cancellable_connect () calls at once" },
  { "notify-of-the-cancelled", in_notify_of_the_cancelled,
    "the destroy notify that g_cancellable_connect () calls at once" },
  { "notify-of-a-disconnection", in_notify_of_a_disconnection,
    "the destroy notify of a handler that is disconnected" },
  { "notify-of-the-last-unref", in_notify_of_the_last_unref,
    "the destroy notify of a handler whose cancellable goes" },
  { "foreign-emission", in_foreign_emission, "handlers of an adopted cancellable" },
  { "cancellable-source", in_cancellable_source, "the callback of a GCancellableSource" },
  { "handler-of-a-deadline", in_handler_of_a_deadline, "a handler that a deadline runs" },
  { "after-func", in_after_func, "an after-func and its destroy notify" },
  { "notify-of-a-removal", in_notify_of_a_removal, "the destroy notify of what never ran" },
  { "source", in_source, "a context's source and its destroy notify" },
  { "wait", in_wait, "the callbacks of wait_async and sleep_async" },
  { "task", in_task, "the callback of a task and its destroy notify" },
  { "task-thread", in_task_thread, "a task's thread" },
  { "free-of-a-value", in_free_of_a_value, "the freeing of a value" },
  { "weak-notify", in_weak_notify, "weak notifies" },
  { "toggle-notify", in_toggle_notify, "toggle notifies" },
};

static void
run_place (const Place *place,
           void       (*use) (Family *family))
{
  Family family;

  use_here = use;
  family_init (&family);
  place->func (&family);
  use_and_end (&family);
  family_clear (&family);
  test_iterate_pending (NULL);
}

static void
test_place (gconstpointer data)
{
  const Place *place = data;
  g_autofree char *summary = g_strdup_printf ("rule 4: everything works in %s", place->summary);

  g_test_summary (summary);
  run_place (place, use_and_end);
}

static void
test_beside (gconstpointer data)
{
  const Place *place = data;
  g_autofree char *summary = g_strdup_printf ("rule 5: everything works in a thread beside %s",
                                              place->summary);

  g_test_summary (summary);
  run_place (place, use_beside);
}

/* Those that came with a macro of availability, in all public headers. */
static void
test_nothing_is_missing (void)
{
  g_autofree char *directory = g_test_build_filename (G_TEST_DIST, "..", "gctx", NULL);
  g_autoptr (GRegex) regex = g_regex_new ("^GCTX_AVAILABLE_IN_\\w+\\n.*?\\b(gctx_\\w+) +\\(",
                                          G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;
  guint i, n_found = 0;

  g_test_summary ("rule 4: no public function is missing from the table");

  for (i = 0; i < G_N_ELEMENTS (everything); i++)
    {
      g_auto (GStrv) names = g_strsplit (everything[i].functions, " ", -1);
      guint j;

      for (j = 0; names[j] != NULL; j++)
        g_assert_true (g_hash_table_add (known, g_strdup (names[j])));
    }

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autofree char *text = NULL;
      g_autoptr (GMatchInfo) match = NULL;

      if (!g_str_has_suffix (name, ".h"))
        continue;

      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
           g_match_info_next (match, NULL))
        {
          g_autofree char *function = g_match_info_fetch (match, 1);

          if (!g_hash_table_contains (known, function))
            g_error ("test-everything.h does not call %s ()", function);
          n_found++;
        }
    }
  g_assert_cmpuint (n_found, ==, g_hash_table_size (known));
}

int
main (int   argc,
      char *argv[])
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  family_connect_peers ();

  g_test_add_func ("/gctx/everywhere/nothing-is-missing", test_nothing_is_missing);
  for (i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *inside = g_strconcat ("/gctx/everywhere/inside/", places[i].path, NULL);
      g_autofree char *beside = g_strconcat ("/gctx/everywhere/beside/", places[i].path, NULL);

      g_test_add_data_func (inside, &places[i], test_place);
      if (places[i].func != in_toggle_notify)
        g_test_add_data_func (beside, &places[i], test_beside);
    }

  return g_test_run ();
}
