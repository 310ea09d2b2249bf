/* test-everything.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-calls.h"
#include "test-calls-gio.h"

/* Every public function, called from inside any callback. */

typedef struct
{
  void       (*call) (Subject *subject);
  const char  *functions;
} EverythingCall;

/* The names are held against the headers. */
static const EverythingCall everything[] = {
  { call_get_type, "gctx_context_get_type gctx_group_get_type gctx_scope_get_type gctx_key_get_type" },
  { call_roots, "gctx_context_background gctx_context_todo" },
  { call_with_deadline, "gctx_context_with_deadline gctx_context_with_timeout" },
  { call_without_cancel, "gctx_context_without_cancel" },
  { call_any, "gctx_context_any" },
  { call_check, "gctx_context_is_done gctx_context_check gctx_context_get_error "
                "gctx_context_get_cause gctx_scope_has_expired" },
  { call_get_deadline, "gctx_context_get_deadline gctx_context_get_remaining "
                       "gctx_context_get_remaining_msec" },
  { call_to_string, "gctx_context_to_string" },
  { call_getters, "gctx_context_get_value gctx_context_has_value gctx_context_get_string "
                  "gctx_context_get_object gctx_context_get_boxed gctx_context_get_variant "
                  "gctx_context_get_pointer gctx_context_get_boolean gctx_context_get_int "
                  "gctx_context_get_int64 gctx_context_get_uint64 gctx_context_get_double" },
  { call_with_values, "gctx_context_with_value gctx_context_with_values gctx_context_with_valuesv "
                      "gctx_scope_new_full gctx_scope_new_fullv" },
  { call_with_lookup, "gctx_context_with_lookup gctx_context_with_lookup_closure" },
  { call_scope_new, "gctx_scope_new gctx_scope_new_with_deadline gctx_scope_new_with_deadline_cause "
                    "gctx_scope_new_with_timeout gctx_scope_new_with_timeout_cause" },
  { call_scope_for_connection, "gctx_scope_new_for_connection" },
  { call_scope_cancel, "gctx_scope_cancel gctx_scope_cancel_with_cause "
                       "gctx_scope_close gctx_scope_close_only" },
  { call_bridges, "gctx_scope_new_for_object gctx_scope_new_for_unix_signals gctx_unix_signal_quark" },
  { call_cancellable, "gctx_context_get_cancellable gctx_context_create_cancellable "
                      "gctx_context_from_cancellable" },
  { call_after_func, "gctx_context_add_after_func gctx_context_add_after_func_full "
                     "gctx_context_remove_after_func" },
  { call_source, "gctx_context_create_source" },
  { call_wait, "gctx_context_wait gctx_context_sleep" },
  { call_wait_async, "gctx_context_wait_async gctx_context_wait_finish "
                     "gctx_context_sleep_async gctx_context_sleep_finish" },
  { call_spawn, "gctx_subprocess_launcher_spawnv gctx_subprocess_new gctx_subprocess_newv "
                "gctx_subprocess_wait gctx_subprocess_wait_check" },
  { call_wait_for_child, "gctx_subprocess_wait_async gctx_subprocess_wait_finish "
                         "gctx_subprocess_wait_check_async gctx_subprocess_wait_check_finish" },
  { call_communicate, "gctx_subprocess_communicate gctx_subprocess_communicate_utf8" },
  { call_communicate_async, "gctx_subprocess_communicate_async gctx_subprocess_communicate_finish "
                            "gctx_subprocess_communicate_utf8_async "
                            "gctx_subprocess_communicate_utf8_finish" },
  { call_group, "gctx_group_new gctx_group_new_with_limit gctx_group_get_context gctx_group_start "
                "gctx_group_run_in_thread gctx_group_wait gctx_group_wait_async gctx_group_wait_finish" },
  { call_and_leave, "" },
  { call_current, "gctx_context_get_current gctx_context_push_current gctx_context_pop_current" },
  { call_task_in_thread, "gctx_task_new gctx_task_get_context gctx_task_return_if_done "
                         "gctx_task_run_in_thread gctx_task_run_in_thread_sync "
                         "gctx_task_propagate_boolean" },
  { call_task_propagate, "gctx_task_propagate_int gctx_task_propagate_pointer "
                         "gctx_task_propagate_value" },
  { call_dbus, "gctx_dbus_connection_call gctx_dbus_connection_call_finish "
               "gctx_dbus_connection_call_sync gctx_dbus_proxy_call gctx_dbus_proxy_call_finish "
               "gctx_dbus_proxy_call_sync" },
  { call_dbus_scope, "gctx_scope_new_for_dbus_invocation" },
  { call_errors, "gctx_context_propagate_error gctx_context_translate_error" },
  { call_key, "gctx_key_new gctx_key_new_static gctx_key_ref gctx_key_unref gctx_key_get_name gctx_key_get_value_type" },
};

/* Asks all three for everything. */
static inline void
use_everything (Family *family)
{
  GCtxScope *members[] = { family->parent, family->self, family->child };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (members); i++)
    for (j = 0; j < G_N_ELEMENTS (everything); j++)
      {
        Subject subject = { family, members[i], GCTX_CONTEXT (members[i]), FALSE };

        subject.done = gctx_context_is_done (subject.context);
        if (g_test_verbose ())
          g_test_message ("member %u, done %d: %s", i, subject.done, everything[j].functions);
        everything[j].call (&subject);
      }
  g_atomic_int_inc (&family->n_used);
}

/* Asks all three for everything, and ends them from inside. */
static inline void
use_and_end (Family *family)
{
  use_everything (family);
  gctx_scope_cancel (family->child);
  use_everything (family);
  cancel_with (family->parent, 1);
  g_assert_false (gctx_scope_cancel (family->self));
  use_everything (family);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (family->self)));
}
