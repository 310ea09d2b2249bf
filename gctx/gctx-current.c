/* gctx-current.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-current-private.h"

#include "gctx-cancellable-private.h"

/* Every thread that pushes has a stack of its own. Beside it runs GIO's stack of
 * cancellables, which others use as well: an entry remembers what it put there,
 * and is on top only if that is on top of GIO's, too. */
typedef struct
{
  GCtxContext  *context;
  GCancellable *cancellable;   /* what g_cancellable_get_current () says; NULL for nothing */
  GCancellable *outer;         /* what it said before; only to compare */
  GCancellable *owned;         /* @cancellable, where this entry holds it */
  gboolean      lent;          /* that is the spare one */
  gboolean      pushed;        /* by a user, who has to pop it; it holds @context */
} Entry;

typedef struct
{
  GArray       *entries;
  GCancellable *spare;         /* cancelled, and nobody else holds it */
} Stack;

static void stack_free (gpointer data);

static GPrivate current_stack = G_PRIVATE_INIT (stack_free);

static void
entry_clear (Entry *entry)
{
  g_clear_object (&entry->owned);
  if (entry->pushed)
    g_clear_object (&entry->context);
}

/* The thread ends. GIO's stack may have gone before: it holds no references, and
 * nobody asks it any more. */
static void
stack_free (gpointer data)
{
  Stack *stack = data;

  for (guint i = stack->entries->len; i > 0; i--)
    entry_clear (&g_array_index (stack->entries, Entry, i - 1));
  g_array_unref (stack->entries);
  g_clear_object (&stack->spare);
  g_free (stack);
}

static Stack *
ensure_stack (void)
{
  Stack *stack = g_private_get (&current_stack);

  if (stack == NULL)
    {
      stack = g_new0 (Stack, 1);
      stack->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
      g_private_set (&current_stack, stack);
    }

  return stack;
}

static Entry *
get_top (Stack *stack)
{
  if (stack == NULL || stack->entries->len == 0)
    return NULL;

  return &g_array_index (stack->entries, Entry, stack->entries->len - 1);
}

/* Takes what @entry holds. */
static guint
push_take (Stack *stack,
           Entry *entry)
{
  if (entry->cancellable != NULL)
    g_cancellable_push_current (entry->cancellable);
  g_array_append_val (stack->entries, *entry);

  return stack->entries->len;
}

static guint
push (GCtxContext  *context,
      GCancellable *cancellable,
      gboolean      pushed)
{
  Entry entry = { context, cancellable, g_cancellable_get_current (), NULL, FALSE, pushed };

  /* One that can never be done has none. It is given one that the others don't
   * have, so that nobody can cancel it for them, where there is something to
   * hide or to hand on. */
  if (cancellable == NULL && (entry.outer != NULL || context->values != NULL))
    entry.cancellable = entry.owned = gctx_cancellable_new_plain (context);

  return push_take (ensure_stack (), &entry);
}

/* --- Around the calls of the library --- */

guint
gctx_current_enter (GCtxContext  *context,
                    GCancellable *cancellable)
{
  return push (context, cancellable, FALSE);
}

/* For a context that is done. Most after-funcs never ask for a cancellable, and
 * to build one takes longer than all the rest of their call: where the context
 * has none, they are lent the same one again and again. */
guint
gctx_current_enter_done (GCtxContext *context)
{
  Stack *stack = ensure_stack ();
  Entry entry = { context, NULL, g_cancellable_get_current (), NULL, FALSE, FALSE };

  entry.cancellable = gctx_cancellable_peek_cancelled (context);
  if (entry.cancellable == NULL)
    {
      entry.owned = g_steal_pointer (&stack->spare);
      if (entry.owned == NULL)
        {
          entry.owned = g_cancellable_new ();
          g_cancellable_cancel (entry.owned);
        }
      entry.cancellable = entry.owned;
      entry.lent = TRUE;
    }

  return push_take (stack, &entry);
}

/* Takes down what was put above @entry in GIO's stack. Where what @entry put
 * there is gone, nothing below it is touched. */
static void
unwind_cancellables (const Entry *entry)
{
  GCancellable *top;

  while ((top = g_cancellable_get_current ()) != NULL &&
         top != entry->cancellable && top != entry->outer)
    g_cancellable_pop_current (top);

  if (top != NULL && top == entry->cancellable)
    g_cancellable_pop_current (top);
}

/* As it was when it was put aside: not lent to anybody who still has it, nor
 * brought back to life. */
static gboolean
is_as_new (GCancellable *cancellable)
{
  return g_atomic_int_get (&G_OBJECT (cancellable)->ref_count) == 1 &&
         g_cancellable_is_cancelled (cancellable) && gctx_cancellable_is_bare (cancellable);
}

static void
pop_entry (Stack *stack)
{
  Entry entry = *get_top (stack);

  unwind_cancellables (&entry);
  g_array_set_size (stack->entries, stack->entries->len - 1);

  if (entry.lent && stack->spare == NULL && is_as_new (entry.owned))
    stack->spare = g_steal_pointer (&entry.owned);
  entry_clear (&entry);
}

static void
complain (Stack       *stack,
          guint        depth,
          const Entry *entry)
{
  g_autofree char *called = gctx_context_to_string (entry->context);

  if (stack->entries->len > depth)
    {
      g_autofree char *left = gctx_context_to_string (get_top (stack)->context);

      g_critical ("A function that was called for %s did not pop what it pushed: %s", called, left);
    }
  else
    {
      g_critical ("A function that was called for %s left another cancellable current", called);
    }
}

void
gctx_current_leave (guint depth)
{
  Stack *stack = g_private_get (&current_stack);
  Entry entry = g_array_index (stack->entries, Entry, depth - 1);

  if (stack->entries->len > depth || g_cancellable_get_current () != entry.cancellable)
    complain (stack, depth, &entry);

  while (stack->entries->len >= depth)
    pop_entry (stack);
}

/* --- The public functions --- */

/**
 * gctx_context_get_current:
 *
 * The context that the code around is working for, in this thread: for code
 * that cannot be given one, such as the implementation of a virtual function
 * that has no parameter for it.
 *
 * Where you can, pass contexts as parameters instead. Inside an after-func and
 * inside the thread function of [func@GCtx.task_run_in_thread] the current
 * context is that of the function, without anybody pushing it. Other threads,
 * and what is called back later, do not inherit it.
 *
 * What was pushed last counts. That may be a cancellable: code that only knows
 * GIO pushes them with [method@Gio.Cancellable.push_current], as every
 * blocking operation of a stream does. One that came from a context leads to
 * the values, the deadline and the end of that context. Any other cancellable
 * is passed over, for the context that was pushed last: it is no context, but
 * [func@GCtx.Context.from_cancellable] makes one of it.
 *
 * Returns: (transfer none): the current context, which lives at least until
 *   what is current here changes; [func@GCtx.Context.background] where
 *   there is none
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_get_current (void)
{
  const Entry *top = get_top (g_private_get (&current_stack));
  GCancellable *cancellable = g_cancellable_get_current ();

  if (cancellable != NULL && (top == NULL || top->cancellable != cancellable))
    {
      GCtxContext *face = gctx_cancellable_get_face (cancellable);

      if (face != NULL)
        return face;
    }

  return top != NULL ? top->context : gctx_context_background ();
}

/**
 * gctx_context_push_current:
 * @self: a context
 *
 * Makes @self the current one of this thread until
 * [method@GCtx.Context.pop_current]: what is called meanwhile finds it with
 * [func@GCtx.Context.get_current].
 *
 * [func@Gio.Cancellable.get_current] sees it as well. It says the cancellable
 * of [method@GCtx.Context.get_cancellable]; where @self can never be done it
 * says one that is not cancelled, or `NULL`, never that of a context around.
 *
 * The same context may be pushed more than once, and one that is done may be
 * pushed, too. Push and pop in the same function: neither an asynchronous call
 * nor a main loop in between keeps what is current apart.
 *
 * Since: 1.0
 */
void
gctx_context_push_current (GCtxContext *self)
{
  g_return_if_fail (gctx_is_context (self));

  push (g_object_ref (self), gctx_context_get_cancellable (self), TRUE);
}

/**
 * gctx_context_pop_current:
 * @self: the context that was pushed
 *
 * Takes back the last [method@GCtx.Context.push_current] of this thread, which
 * must have been of @self. Anything else is a critical and changes nothing:
 * another context is the current one, nothing was pushed, or a cancellable was
 * pushed since.
 *
 * Since: 1.0
 */
void
gctx_context_pop_current (GCtxContext *self)
{
  Stack *stack = g_private_get (&current_stack);
  const Entry *top = get_top (stack);

  g_return_if_fail (gctx_is_context (self));

  if (top == NULL || !top->pushed || top->context != self)
    {
      const char *why = top == NULL ? ", and nothing was pushed" :
                        !top->pushed ? ", which this function did not push" : "";
      GCtxContext *current = top != NULL ? top->context : gctx_context_background ();
      g_autofree char *given = gctx_context_to_string (self);
      g_autofree char *there = gctx_context_to_string (current);

      g_critical ("Cannot pop %s: the current context is %s%s", given, there, why);
      return;
    }
  if (g_cancellable_get_current () != top->cancellable)
    {
      g_autofree char *given = gctx_context_to_string (self);

      g_critical ("Cannot pop %s: a cancellable was pushed or popped since", given);
      return;
    }

  pop_entry (stack);
}
