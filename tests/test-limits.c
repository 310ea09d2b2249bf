/* test-limits.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Trees of a million contexts, on a stack on which a walk by recursion does not
 * get far. */

#include "test-util.h"

#define HOUR_USEC ((gint64) 3600 * G_USEC_PER_SEC)
#define MILLION   1000000

GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (depth_key, "depth", G_TYPE_INT)

typedef GCtxContext *(*Derive) (GCtxContext *parent);

typedef struct
{
  const char *name;
  Derive      derive;
  int         size;
} Kind;

/* --- What a tree may be made of --- */

static GCtxContext *
derive_scope (GCtxContext *parent)
{
  return GCTX_CONTEXT (gctx_scope_new (parent));
}

static GCtxContext *
derive_value (GCtxContext *parent)
{
  return gctx_context_with_values (parent, depth_key (), 7, NULL);
}

/* Earlier than that of the parent, so that each arms one of its own. */
static GCtxContext *
derive_deadline (GCtxContext *parent)
{
  gint64 deadline;

  if (!gctx_context_get_deadline (parent, &deadline))
    deadline = g_get_monotonic_time () + 2 * HOUR_USEC;

  return gctx_context_with_deadline (parent, deadline - 1);
}

static GCtxContext *
derive_any (GCtxContext *parent)
{
  return gctx_context_any (&parent, 1);
}

static GCtxContext *
derive_with_cancellable (GCtxContext *parent)
{
  GCtxContext *child = derive_scope (parent);

  g_assert_nonnull (gctx_context_get_cancellable (child));
  return child;
}

static GCtxContext *
derive_through_cancellable (GCtxContext *parent)
{
  return gctx_context_from_cancellable (gctx_context_get_cancellable (parent));
}

static GCtxContext *
derive_mixed (GCtxContext *parent)
{
  static const Derive all[] = {
    derive_scope, derive_value, derive_deadline, derive_scope, derive_any, derive_value,
  };
  static guint n = 0;

  return all[n++ % G_N_ELEMENTS (all)] (parent);
}

/* --- Chains --- */

static GError *
new_cause (void)
{
  return g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOSPC, "the disk is full");
}

static void
cancel_with_cause (GCtxScope *scope)
{
  g_autoptr (GError) cause = new_cause ();

  g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
}

static void
assert_cancelled (GCtxContext *context)
{
  g_assert_true (gctx_context_is_done (context));
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (gctx_context_get_cause (context), G_FILE_ERROR, G_FILE_ERROR_NOSPC);
}

/* A root with a value, which is set to NULL when all that sees it is gone. */
static GCtxScope *
root_new (GObject **value)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);

  g_set_weak_pointer (value, object);
  return gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL, object_key (), object, NULL);
}

/* The chain is held by its leaf alone. */
static GCtxContext *
grow_chain (GCtxScope  *root,
            const Kind *kind)
{
  GCtxContext *leaf = g_object_ref (GCTX_CONTEXT (root));
  int n = test_rounds (kind->size);

  while (n-- > 0)
    {
      GCtxContext *child = kind->derive (leaf);

      g_object_unref (leaf);
      leaf = child;
    }

  return leaf;
}

static void *
cancel_and_free_chain (void *user_data)
{
  GObject *value = NULL;
  GCtxScope *root = root_new (&value);
  GCtxContext *leaf = grow_chain (root, user_data);
  GCancellable *cancellable = gctx_context_get_cancellable (leaf);

  g_assert_false (gctx_context_is_done (leaf));
  cancel_with_cause (root);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  assert_cancelled (leaf);
  g_object_unref (root);
  test_assert_last_unref (leaf);
  g_assert_null (value);
  return NULL;
}

static void *
free_live_chain (void *user_data)
{
  GObject *value = NULL;
  GCtxScope *root = root_new (&value);
  GCtxContext *leaf = grow_chain (root, user_data);

  g_object_unref (root);
  g_assert_nonnull (value);
  test_assert_last_unref (leaf);
  g_assert_null (value);
  return NULL;
}

/* Every context of the chain is held, the root at 0. */
static GPtrArray *
hold_chain (const Kind  *kind,
            GObject    **value)
{
  GPtrArray *held = g_ptr_array_new ();
  int n = test_rounds (kind->size), i;

  g_ptr_array_add (held, root_new (value));
  for (i = 0; i < n; i++)
    g_ptr_array_add (held, kind->derive (held->pdata[i]));

  return held;
}

static void
free_from_the_root (GPtrArray *held)
{
  guint i;

  for (i = 0; i < held->len; i++)
    g_object_unref (held->pdata[i]);
  g_ptr_array_unref (held);
}

static void
free_from_the_leaf (GPtrArray *held)
{
  guint i;

  for (i = held->len; i > 0; i--)
    g_object_unref (held->pdata[i - 1]);
  g_ptr_array_unref (held);
}

static void *
held_chains (void *user_data)
{
  void (*const free_funcs[]) (GPtrArray *) = { free_from_the_root, free_from_the_leaf };
  guint i, j;

  for (i = 0; i < 2 * G_N_ELEMENTS (free_funcs); i++)
    {
      GObject *value = NULL;
      GPtrArray *held = hold_chain (user_data, &value);

      if (i % 2 == 0)
        {
          cancel_with_cause (held->pdata[0]);
          for (j = 0; j < held->len; j++)
            g_assert_true (gctx_context_is_done (held->pdata[j]));
          assert_cancelled (held->pdata[held->len - 1]);
        }
      free_funcs[i / 2] (held);
      g_assert_null (value);
    }
  return NULL;
}

static void
test_chain (gconstpointer user_data)
{
  g_test_summary ("rule 8: a chain of a million contexts cancels and frees on a small stack, "
                  "from the leaf and from the root");

  test_on_a_small_stack (cancel_and_free_chain, user_data);
  test_on_a_small_stack (free_live_chain, user_data);
  test_on_a_small_stack (held_chains, user_data);
}

/* --- Fans --- */

static GPtrArray *
grow_fan (GCtxScope  *root,
          const Kind *kind)
{
  GPtrArray *children = g_ptr_array_new ();
  int n = test_rounds (kind->size), i;

  for (i = 0; i < n; i++)
    g_ptr_array_add (children, kind->derive (GCTX_CONTEXT (root)));

  return children;
}

static void *
cancelled_fans (void *user_data)
{
  void (*const free_funcs[]) (GPtrArray *) = { free_from_the_root, free_from_the_leaf };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (free_funcs); i++)
    {
      GObject *value = NULL;
      GCtxScope *root = root_new (&value);
      GPtrArray *children = grow_fan (root, user_data);

      cancel_with_cause (root);
      for (j = 0; j < children->len; j++)
        g_assert_true (gctx_context_is_done (children->pdata[j]));
      assert_cancelled (children->pdata[0]);
      assert_cancelled (children->pdata[children->len - 1]);
      free_funcs[i] (children);
      test_assert_last_unref (root);
      g_assert_null (value);
    }
  return NULL;
}

static void *
live_fans (void *user_data)
{
  GObject *value = NULL;
  GCtxScope *root = root_new (&value);
  GPtrArray *children = grow_fan (root, user_data);

  /* The children first, from the last on. */
  free_from_the_leaf (children);
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (root)));
  children = grow_fan (root, user_data);

  /* The root first, then the children from the first on. */
  test_assert_last_unref (root);
  g_assert_nonnull (value);
  g_assert_false (gctx_context_is_done (children->pdata[0]));
  free_from_the_root (children);
  g_assert_null (value);
  return NULL;
}

static void
test_fan (gconstpointer user_data)
{
  g_test_summary ("rule 8: a fan of a million children cancels and frees, the children first or the root");

  test_on_a_small_stack (cancelled_fans, user_data);
  test_on_a_small_stack (live_fans, user_data);
}

/* --- Crossings --- */

/* Each asking reads what all the paths up lead to. If it took a time that grows
 * with the square of their number, it is the time-out that would tell. */
static void
test_any_of_many (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  g_autoptr (GCtxContext) adopted = gctx_context_from_cancellable (foreign);
  g_autoptr (GPtrArray) parents = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GCtxContext) any = NULL;
  int n = test_rounds (MILLION / 10), i;

  g_test_summary ("rule 8: a context that joins many that join others is asked at a cost that grows with their number");

  for (i = 0; i < n; i++)
    g_ptr_array_add (parents, derive_any (adopted));
  any = gctx_context_any ((GCtxContext **) parents->pdata, parents->len);

  for (i = 0; i < 20; i++)
    g_assert_false (gctx_context_is_done (any));
  g_cancellable_cancel (foreign);
  g_assert_true (gctx_context_is_done (any));
}

/* --- Descriptors --- */

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static gboolean
never_called (GCtxContext *context,
              gpointer     user_data)
{
  g_assert_not_reached ();
}

static void
never_run (GCtxContext *context,
           gpointer     user_data)
{
  g_assert_not_reached ();
}

static void
test_descriptors (void)
{
  g_autoptr (GPtrArray) contexts = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) sources = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  g_autoptr (GMainContext) loop = g_main_context_new ();
  GPollFD fds[10];
  guint n_before, i;

  g_test_summary ("rule 4: a context costs no file descriptor unless somebody polls its cancellable");

  g_main_context_push_thread_default (loop);
  n_before = count_descriptors ();

  for (i = 0; i < 10000; i++)
    {
      GCtxContext *context = gctx_context_with_timeout (gctx_context_background (), HOUR_USEC + i);
      GSource *source = gctx_context_create_source (context);
      GCancellable *created = gctx_context_create_cancellable (context);

      g_assert_nonnull (gctx_context_get_cancellable (context));
      g_source_set_callback (source, G_SOURCE_FUNC (never_called), NULL, NULL);
      g_source_attach (source, loop);
      gctx_context_add_after_func (context, never_run, NULL, NULL);
      g_ptr_array_add (contexts, gctx_context_from_cancellable (created));
      g_ptr_array_add (contexts, context);
      g_ptr_array_add (contexts, created);
      g_ptr_array_add (sources, source);
    }
  test_iterate_pending (loop);
  g_assert_cmpuint (count_descriptors (), ==, n_before);

  /* What is polled costs one, until it is not polled any more. */
  for (i = 0; i < G_N_ELEMENTS (fds); i++)
    g_assert_true (g_cancellable_make_pollfd (gctx_context_get_cancellable (contexts->pdata[3 * i + 1]), &fds[i]));
  g_assert_cmpuint (count_descriptors (), ==, n_before + G_N_ELEMENTS (fds));
  for (i = 0; i < G_N_ELEMENTS (fds); i++)
    g_cancellable_release_fd (gctx_context_get_cancellable (contexts->pdata[3 * i + 1]));
  g_assert_cmpuint (count_descriptors (), ==, n_before);

  for (i = 0; i < sources->len; i++)
    g_source_destroy (sources->pdata[i]);
  g_main_context_pop_thread_default (loop);
}

/* The shorter ones cost more objects a level. Through cancellables a chain is
 * shorter still: every foreign flag above a context has to be read to know
 * whether it is done. */
static const Kind chains[] = {
  { "scopes", derive_scope, MILLION },
  { "value-contexts", derive_value, MILLION },
  { "deadlines", derive_deadline, MILLION },
  { "mixed", derive_mixed, MILLION },
  { "any", derive_any, MILLION / 10 },
  { "with-cancellables", derive_with_cancellable, MILLION / 10 },
  { "through-cancellables", derive_through_cancellable, MILLION / 400 },
};

static const Kind fans[] = {
  { "scopes", derive_scope, MILLION },
  { "value-contexts", derive_value, MILLION },
  { "deadlines", derive_deadline, MILLION },
  { "any", derive_any, MILLION / 10 },
  { "with-cancellables", derive_with_cancellable, MILLION / 4 },
  { "through-cancellables", derive_through_cancellable, MILLION / 10 },
};

int
main (int   argc,
      char *argv[])
{
  gsize i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (chains); i++)
    {
      g_autofree char *path = g_strdup_printf ("/gctx/limits/chain/%s", chains[i].name);

      g_test_add_data_func (path, &chains[i], test_chain);
    }
  for (i = 0; i < G_N_ELEMENTS (fans); i++)
    {
      g_autofree char *path = g_strdup_printf ("/gctx/limits/fan/%s", fans[i].name);

      g_test_add_data_func (path, &fans[i], test_fan);
    }
  g_test_add_func ("/gctx/limits/any-of-many", test_any_of_many);
  g_test_add_func ("/gctx/limits/descriptors", test_descriptors);

  return g_test_run ();
}
