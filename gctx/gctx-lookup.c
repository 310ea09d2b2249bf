/* gctx-lookup.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-lookup.h"

#include "gctx-context-private.h"

/* It shares the parent's node, as whatever only adds values does. */
static GCtxContext *
derive (GCtxContext    *self,
        GCtxLookupFunc  func,
        gpointer        user_data,
        GDestroyNotify  destroy)
{
  return gctx_context_new_take (gctx_node_ref (self->node),
                                gctx_value_map_extend_lookup (self->values, self->node->serial,
                                                              func, user_data, destroy));
}

/**
 * gctx_context_with_lookup:
 * @self: a context
 * @func: (scope notified) (closure user_data) (destroy destroy): what to ask for
 *   values
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): what frees @user_data; `NULL` if nothing does
 *
 * Makes a child of @self whose values live elsewhere: in the request object of a
 * web framework, or whatever else has a way of its own to attach data.
 *
 * The child is done when @self is, and has its deadline. Who looks a key up in
 * the child, or in what is derived from it, makes it ask @func. A value that is
 * set below the child is found without asking; for a key that @func does not
 * know the look-up goes on above it, where another function may be asked, and
 * ends with the value that @self has.
 *
 * ```c
 * GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
 *
 * static gboolean
 * look_into_data (GCtxKey *key, GValue *value, gpointer user_data)
 * {
 *   const char *text = g_object_get_data (user_data, gctx_key_get_name (key));
 *
 *   if (text == NULL || key != user_key ())
 *     return FALSE;
 *
 *   g_value_set_string (value, text);
 *   return TRUE;
 * }
 *
 * static GCtxContext *
 * context_of_object (GCtxContext *parent, GObject *object)
 * {
 *   return gctx_context_with_lookup (parent, look_into_data,
 *                                    g_object_ref (object), g_object_unref);
 * }
 * ```
 *
 * What @func answers is kept as long as the child or anything derived from it,
 * and it is not asked for that key again: values of a context never change, and
 * whoever got one may still use it. What it does *not* know is not kept: the
 * framework may learn it later. Until then the value of @self is seen, if it has
 * one. Where that must not be, ask for the key once when the context is made.
 *
 * @func is called in the thread that looks a key up, whichever that is, with no
 * lock held, and by several threads at once: where two ask for the same key, one
 * of the answers counts for both. It should be quick. It may look up other
 * keys, in the child as well. If it looks up the very key that it is asked for
 * it is passed over, and finds what is above it.
 *
 * It must leave @value of the key's type; what it sets there is released with
 * the child, so it should be a copy, or a reference. A value of another type is
 * converted as by [method@GCtx.Context.with_value]; where that cannot be it is a
 * programming error, and counts as unknown.
 *
 * @destroy is called once, when the last context that sees @func is freed, and
 * the last [class@Gio.Cancellable] that came from one, in whichever thread that
 * happens: in a handler of a third party perhaps, or at the end of a worker. If
 * @self is done, so is the child, and its values are there as ever.
 *
 * In a process with many requests prefer [method@GCtx.Context.with_values] for
 * what is known from the start: it costs less, and finds a value without a call.
 *
 * Returns: (transfer full): the child
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_with_lookup (GCtxContext    *self,
                          GCtxLookupFunc  func,
                          gpointer        user_data,
                          GDestroyNotify  destroy)
{
  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  return derive (self, func, user_data, destroy);
}

/* The closure answers with a value in a value, or none. */
static gboolean
ask_closure (GCtxKey  *key,
             GValue   *value,
             gpointer  user_data)
{
  GValue argument = G_VALUE_INIT;
  GValue result = G_VALUE_INIT;
  const GValue *answer;
  gboolean knows;

  g_value_init (&argument, GCTX_TYPE_KEY);
  g_value_set_boxed (&argument, key);
  g_value_init (&result, G_TYPE_VALUE);
  g_closure_invoke (user_data, &result, 1, &argument, NULL);

  answer = g_value_get_boxed (&result);
  knows = answer != NULL && G_IS_VALUE (answer);
  if (knows)
    {
      /* Of whatever type it is: who asks converts it. */
      g_value_unset (value);
      g_value_init (value, G_VALUE_TYPE (answer));
      g_value_copy (answer, value);
    }

  g_value_unset (&result);
  g_value_unset (&argument);

  return knows;
}

static void
release_closure (gpointer data)
{
  g_closure_unref (data);
}

/**
 * gctx_context_with_lookup_closure: (rename-to gctx_context_with_lookup)
 * @self: a context
 * @closure: what to ask for values: it is given a key, and returns a value, or
 *   nothing where it does not know the key
 *
 * Makes a child of @self whose values live elsewhere: in the request object of a
 * web framework, or whatever else has a way of its own to attach data. This is
 * for language bindings.
 *
 * The child is done when @self is, and has its deadline. Who looks a key up in
 * the child, or in what is derived from it, makes it ask @closure. A value that
 * is set below the child is found without asking; for a key that @closure does
 * not know the look-up goes on above it, where another one may be asked, and
 * ends with the value that @self has.
 *
 * In Python and JavaScript @closure is a function that takes a key. It returns a
 * plain string, number or object, or a [struct@GObject.Value] where the language
 * would guess a type that does not fit the key's; either is converted as by
 * [method@GCtx.Context.with_value]. What cannot be converted is a programming
 * error, and counts as unknown; so does `None` or `null`. (A
 * [struct@GObject.Value] that holds a `NULL` is known, and hides.) PyGObject
 * guesses that every integer has 32 bits, and answers 0 in the place of a larger
 * one, after printing an error: return that as a [struct@GObject.Value].
 *
 * An answer is kept as long as the child or anything derived from it, and
 * @closure is not asked for that key again: values of a context never change.
 * What it does *not* know is not kept: it may learn it later.
 *
 * @closure is called in the thread that looks a key up, whichever that is, and
 * given up in the one that drops the last context that sees it, or the last
 * [class@Gio.Cancellable] that came from one. JavaScript has one thread only:
 * use such a context in no other. A closure for C code is called with the key as
 * its argument, and returns a `G_TYPE_VALUE`.
 *
 * Returns: (transfer full): the child
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_with_lookup_closure (GCtxContext *self,
                                  GClosure    *closure)
{
  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (closure != NULL, NULL);

  g_closure_ref (closure);
  g_closure_sink (closure);
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, g_cclosure_marshal_generic);

  return derive (self, ask_closure, closure, release_closure);
}
