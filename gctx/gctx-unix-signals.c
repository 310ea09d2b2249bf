/* gctx-unix-signals.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-unix-signals.h"

#include "gctx-cancellable.h"
#include "gctx-ender-private.h"
#include "gctx-keeper-private.h"
#include "gctx-key.h"
#include "gctx-values.h"

#include <glib-unix.h>
#include <signal.h>

/* Scopes that end by a Unix signal.
 *
 * GLib's sources catch the signals, so that programs which use those as well get
 * along with us. They need a loop that always runs: that of a thread of our own,
 * the listener, which is there while anything is watched.
 *
 * Each signal has one source, shared by all that watch it. GLib gives a signal
 * its default action back when the last source of it is finalized, and who
 * presses Ctrl-C twice counts on that. So it has to be the latest moment at which
 * nothing of ours could have run yet: a source goes before anything is ended, and
 * before a close returns. An iteration of a GMainContext takes references to its
 * sources, so the listener holds the mutex while it turns, and lets go of it
 * while it polls.
 *
 * A watch is a value of the scope of the users. */

/* What g_unix_signal_source_new () takes. */
static const struct
{
  int         number;
  const char *name;
} signals[] = {
  { SIGHUP, "SIGHUP" },
  { SIGINT, "SIGINT" },
  { SIGTERM, "SIGTERM" },
  { SIGUSR1, "SIGUSR1" },
  { SIGUSR2, "SIGUSR2" },
  { SIGWINCH, "SIGWINCH" },
};

#define N_SIGNALS (G_N_ELEMENTS (signals))

typedef struct
{
  guint      signals;     /* immutable: a bit for each, by its place in the table */

  /* Under the mutex. */
  gboolean   listed;
  GList      link;        /* of the listener's watches */
  GCtxScope *ender;       /* NULL once nothing is to be ended any more */
} GCtxUnixSignalWatch;

/* A scope to be ended, and why. */
typedef struct
{
  GCtxScope *ender;
  guint      signal;
} Ending;

/* Under it GLib's own locks may be taken, but no foreign code runs. */
static GMutex mutex;

/* Under the mutex. */
static struct
{
  GMainContext *main_context;         /* of the listener; NULL where none is wanted */
  GQueue        watches;
  GSource      *sources[N_SIGNALS];
  guint         n_watches[N_SIGNALS]; /* of each signal */
  guint         caught;               /* a bit for each that has just come */
} listener;

/**
 * gctx_unix_signal_quark:
 *
 * The domain of the cause that a signal leaves behind: its code is the number
 * of the signal.
 *
 * Returns: the domain
 *
 * Since: 1.0
 */
G_DEFINE_QUARK (gctx-unix-signal-quark, gctx_unix_signal)

/* In g_main_context_dispatch () of the listener. */
static gboolean
on_signal (gpointer data)
{
  listener.caught |= 1u << GPOINTER_TO_UINT (data);

  return G_SOURCE_CONTINUE;
}

/* --- Watches --- */

static void
watch_list_locked (GCtxUnixSignalWatch *self)
{
  for (guint i = 0; i < N_SIGNALS; i++)
    {
      if ((self->signals & 1u << i) != 0 && listener.n_watches[i]++ == 0)
        {
          GSource *source = g_unix_signal_source_new (signals[i].number);

          g_source_set_callback (source, on_signal, GUINT_TO_POINTER (i), NULL);
          g_source_attach (source, listener.main_context);
          listener.sources[i] = source;
        }
    }

  self->listed = TRUE;
  g_queue_push_tail_link (&listener.watches, &self->link);
}

static void
watch_unlist_locked (GCtxUnixSignalWatch *self)
{
  for (guint i = 0; i < N_SIGNALS; i++)
    {
      if ((self->signals & 1u << i) != 0 && --listener.n_watches[i] == 0)
        {
          g_source_destroy (listener.sources[i]);
          g_clear_pointer (&listener.sources[i], g_source_unref);
        }
    }

  self->listed = FALSE;
  g_queue_unlink (&listener.watches, &self->link);

  if (listener.watches.length == 0)
    {
      g_main_context_wakeup (listener.main_context);
      listener.main_context = NULL;
    }
}

static void
watch_stop (gpointer data)
{
  GCtxUnixSignalWatch *self = data;
  GCtxScope *ender;

  g_mutex_lock (&mutex);
  if (self->listed)
    watch_unlist_locked (self);
  ender = g_steal_pointer (&self->ender);
  g_mutex_unlock (&mutex);

  g_clear_object (&ender);
}

static void
watch_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, watch_stop);
}

static GType watch_get_type (void);

G_DEFINE_BOXED_TYPE (GCtxUnixSignalWatch, watch, g_atomic_rc_box_acquire, watch_unref)

GCTX_DEFINE_KEY (watch_key, "unix-signals", watch_get_type ())

/* --- The listener --- */

static void
ending_free (gpointer data)
{
  Ending *self = data;

  g_object_unref (self->ender);
  g_free (self);
}

/* Every scope that watches one of the signals that have come is ended, and all
 * its signals have their default action again. */
static GPtrArray *
take_endings_locked (void)
{
  GPtrArray *endings;

  if (listener.caught == 0)
    return NULL;

  endings = g_ptr_array_new_with_free_func (ending_free);
  for (GList *link = listener.watches.head, *next; link != NULL; link = next)
    {
      GCtxUnixSignalWatch *watch = link->data;
      guint caught = watch->signals & listener.caught;
      Ending *ending;

      next = link->next;
      if (caught == 0)
        continue;

      ending = g_new (Ending, 1);
      ending->ender = g_steal_pointer (&watch->ender);
      ending->signal = g_bit_nth_lsf (caught, -1);
      g_ptr_array_add (endings, ending);
      watch_unlist_locked (watch);
    }
  listener.caught = 0;

  return endings;
}

static gpointer
end_all (gpointer data)
{
  g_autoptr (GPtrArray) endings = data;

  for (guint i = 0; i < endings->len; i++)
    {
      Ending *ending = endings->pdata[i];
      g_autoptr (GError) cause =
        g_error_new (GCTX_UNIX_SIGNAL, signals[ending->signal].number,
                     "%s was received", signals[ending->signal].name);

      gctx_scope_cancel_with_cause (ending->ender, cause);
    }

  return NULL;
}

/* Handlers may block as long as they like: while others are watched that must
 * not be the listener. */
static void
hand_over (GPtrArray *endings,
           gboolean   is_free)
{
  GThread *thread = NULL;

  if (!is_free)
    thread = g_thread_try_new ("gctx-signal", end_all, endings, NULL);
  if (thread != NULL)
    g_thread_unref (thread);
  else
    end_all (endings);
}

static gpointer
listen (gpointer data)
{
  GMainContext *main_context = data;

  g_main_context_acquire (main_context);
  g_mutex_lock (&mutex);
  while (listener.main_context == main_context)
    {
      GPollFD wakeup;
      GPtrArray *endings;
      int priority, timeout_msec, n_fds;

      g_main_context_prepare (main_context, &priority);
      n_fds = g_main_context_query (main_context, priority, &timeout_msec, &wakeup, 1);
      g_assert (n_fds <= 1);
      g_mutex_unlock (&mutex);

      g_poll (&wakeup, n_fds, timeout_msec);

      g_mutex_lock (&mutex);
      g_main_context_check (main_context, priority, &wakeup, n_fds);
      g_main_context_dispatch (main_context);
      endings = take_endings_locked ();
      if (endings != NULL)
        {
          gboolean is_free = listener.main_context != main_context;

          g_mutex_unlock (&mutex);
          hand_over (endings, is_free);
          g_mutex_lock (&mutex);
        }
    }
  g_mutex_unlock (&mutex);
  g_main_context_release (main_context);
  g_main_context_unref (main_context);

  return NULL;
}

static void
start_listener_locked (void)
{
  g_autoptr (GError) error = NULL;
  GThread *thread;

  listener.main_context = g_main_context_new ();
  thread = gctx_keeper_thread_new ("gctx-signals", listen, listener.main_context, &error);
  if (thread == NULL)
    g_error ("No thread to listen for signals: %s", error->message);
  g_thread_unref (thread);
}

static void
watch_start (GCtxUnixSignalWatch *self)
{
  g_mutex_lock (&mutex);
  if (listener.main_context == NULL)
    start_listener_locked ();
  watch_list_locked (self);
  g_mutex_unlock (&mutex);
}

/* --- The public function --- */

static GQuark notice_quark (void);

G_DEFINE_QUARK (gctx-unix-signals-notice, notice)

/* Comes inside the call that ends the scope, and first of all: the default
 * action is back before anything else hears of it. */
static void
on_done (GCancellable        *cancellable,
         GCtxUnixSignalWatch *watch)
{
  watch_stop (watch);
}

/* The cancellable sees the watch, and nothing else, among its values, so that it
 * is there as long as the handler may run. The scope must hold it: the watch
 * itself would hold itself. */
static void
stop_when_done (GCtxUnixSignalWatch *watch,
                GCtxScope           *scope)
{
  g_autoptr (GCtxContext) bare = gctx_bare_face_new (scope);
  g_autoptr (GCtxContext) face = gctx_context_with_values (bare, watch_key (), watch, NULL);
  GCancellable *cancellable = gctx_context_create_cancellable (face);

  g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_done), watch);
  g_object_set_qdata_full (G_OBJECT (scope), notice_quark (), cancellable, g_object_unref);
  if (g_cancellable_is_cancelled (cancellable))
    watch_stop (watch);
}

/* FALSE where one of them is none that can be watched. */
static gboolean
collect_signals (const int *signums,
                 gsize      n_signums,
                 guint     *bits)
{
  *bits = 0;
  for (gsize i = 0; i < n_signums; i++)
    {
      guint j = 0;

      while (j < N_SIGNALS && signals[j].number != signums[i])
        j++;
      if (j == N_SIGNALS)
        {
          g_critical ("%s: signal %d cannot be watched", "gctx_scope_new_for_unix_signals", signums[i]);
          return FALSE;
        }
      *bits |= 1u << j;
    }

  return TRUE;
}

/**
 * gctx_scope_new_for_unix_signals: (constructor)
 * @parent: the parent
 * @signums: (array length=n_signums): the numbers of the signals: `SIGHUP`,
 *   `SIGINT`, `SIGTERM`, `SIGUSR1`, `SIGUSR2` or `SIGWINCH`
 * @n_signums: how many there are
 *
 * Makes a scope that ends when the process receives one of @signums: for a
 * program that tidies up when somebody presses Ctrl-C.
 *
 * It ends with %G_IO_ERROR_CANCELLED, and its cause says which signal it was:
 * in the domain of [func@GCtx.unix_signal_quark], with the number of the signal
 * for a code and `SIGINT was received` or the like for a message.
 *
 * A signal is taken once. Before anything is told of the end, all of @signums
 * have their default action again, so that a second Ctrl-C ends the program
 * even where tidying up takes too long. The same holds when the scope is
 * cancelled or closed, and when @parent ends while the scope is held. Only
 * where another live scope watches one of them, or a source of
 * `g_unix_signal_source_new ()`, does that signal keep its handler. Scopes that
 * watch the same signal all end by it. A scope that was just unreferenced is
 * ended by a signal as long as a context made from it, or a cancellable of one,
 * is left.
 *
 * No main loop is needed: a thread of the library listens while there is such
 * a scope, so a signal also ends a wait, and every blocking call that obeys its
 * cancellable, in a callback that keeps the loop from turning, too. The
 * handlers of `GCancellable::cancelled` run in a thread of the library. After-funcs, sources and the callbacks of
 * operations come in their own main context.
 *
 * As with `g_unix_signal_source_new ()`, the default action is what a signal
 * has afterwards, also if it was ignored or handled otherwise before, and no
 * other handler may be set for it meanwhile.
 *
 * Where @parent is done already the scope is done from the start, with the
 * error and the cause of @parent, and nothing is watched. May be called from
 * any thread, and inside any callback.
 *
 * Returns: (transfer full) (nullable): the scope; close it with
 *   [method@GCtx.Scope.close]. %NULL after a critical where one of @signums
 *   cannot be watched
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new_for_unix_signals (GCtxContext *parent,
                                 const int   *signums,
                                 gsize        n_signums)
{
  g_autoptr (GCtxContext) face = NULL;
  GCtxScope *self;
  GCtxUnixSignalWatch *watch;
  guint bits;

  g_return_val_if_fail (GCTX_IS_CONTEXT (parent), NULL);
  g_return_val_if_fail (n_signums == 0 || signums != NULL, NULL);

  if (!collect_signals (signums, n_signums, &bits))
    return NULL;

  watch = g_atomic_rc_box_new0 (GCtxUnixSignalWatch);
  watch->signals = bits;
  watch->link.data = watch;
  watch->ender = gctx_ender_new (parent);
  face = gctx_ender_get_face (watch->ender, parent);
  self = gctx_scope_new_full (face, G_MAXINT64, NULL, watch_key (), watch, NULL);

  if (bits != 0 && !gctx_context_is_done (GCTX_CONTEXT (self)))
    {
      watch_start (watch);
      stop_when_done (watch, self);
    }
  watch_unref (watch);

  return self;
}
