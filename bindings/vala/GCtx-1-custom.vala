namespace GCtx {
  // A GSource, with a set_callback () that takes a function of the right type.
  [CCode (cheader_filename = "gctx.h", cname = "GSource", ref_function = "g_source_ref", unref_function = "g_source_unref")]
  [Compact]
  public class ContextSource : GLib.Source {
    [CCode (cname = "g_source_set_callback")]
    public void set_callback ([CCode (type = "GSourceFunc")] owned GCtx.ContextSourceFunc func);
  }

  // A scope that closes where its variable goes. Nothing else may own it: C has
  // no gctx_scope_closer_ref (), and its compiler says what to do instead. As a
  // Scope or a Context it may be referenced like any other.
  [CCode (cheader_filename = "gctx.h", cname = "GCtxScope", type_id = "gctx_scope_get_type ()", ref_function = "gctx_scope_closer_ref", unref_function = "gctx_scope_close")]
  public class ScopeCloser : GCtx.Scope {
    [CCode (cname = "gctx_scope_new", has_construct_function = false)]
    public ScopeCloser (GCtx.Context parent);
    [CCode (cname = "gctx_scope_new_with_deadline_cause", has_construct_function = false)]
    public ScopeCloser.deadline (GCtx.Context parent, int64 deadline_usec, GLib.Error? cause = null);
    [CCode (cname = "gctx_scope_new_with_timeout_cause", has_construct_function = false)]
    public ScopeCloser.timeout (GCtx.Context parent, GLib.TimeSpan timeout_usec, GLib.Error? cause = null);
    [CCode (cname = "gctx_scope_new_fullv", has_construct_function = false)]
    public ScopeCloser.full (GCtx.Context parent, int64 deadline_usec, GLib.Error? cause = null, [CCode (array_length_pos = 4.5, array_length_type = "gsize")] GCtx.Key[]? keys = null, [CCode (array_length_pos = 5.1, array_length_type = "gsize")] GLib.Value[]? values = null);
    [CCode (cname = "gctx_scope_new_for_connection", has_construct_function = false)]
    public ScopeCloser.for_connection (GCtx.Context parent, GLib.SocketConnection connection);
    [CCode (cname = "gctx_scope_new_for_dbus_invocation", has_construct_function = false)]
    public ScopeCloser.for_dbus_invocation (GCtx.Context parent, GLib.DBusMethodInvocation invocation);
    [CCode (cname = "gctx_scope_new_for_object", has_construct_function = false)]
    public ScopeCloser.for_object (GCtx.Context parent, GLib.Object object);
    [CCode (cname = "gctx_scope_new_for_unix_signals", has_construct_function = false)]
    public ScopeCloser.for_unix_signals (GCtx.Context parent, [CCode (array_length_pos = 2.1, array_length_type = "gsize")] int[] signums);
  }

  [CCode (cheader_filename = "gctx.h", cname = "gctx_task_new")]
  public static GLib.Task task_new (GLib.Object? source_object, GCtx.Context context, [CCode (scope = "async")] GLib.TaskReadyCallback? callback = null);
}
