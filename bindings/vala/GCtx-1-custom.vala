namespace GCtx {
  // A GSource, with a set_callback () that takes a function of the right type.
  [CCode (cheader_filename = "gctx.h", cname = "GSource", ref_function = "g_source_ref", unref_function = "g_source_unref")]
  [Compact]
  public class ContextSource : GLib.Source {
    [CCode (cname = "g_source_set_callback")]
    public void set_callback ([CCode (type = "GSourceFunc")] owned GCtx.ContextSourceFunc func);
  }

  [CCode (cheader_filename = "gctx.h", cname = "gctx_task_new")]
  public static GLib.Task task_new (GLib.Object? source_object, GCtx.Context context, [CCode (scope = "async")] GLib.TaskReadyCallback? callback);
}
