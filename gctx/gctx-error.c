/* gctx-error.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-error.h"

#include "gctx-context-private.h"

/**
 * gctx_context_propagate_error:
 * @self: a context
 * @dest: (out) (optional) (transfer full): where the error goes, or %NULL to
 *   free it
 * @src: (transfer full): an error, met while working for @self
 *
 * Passes an error on as [func@GLib.propagate_error] does, and says in passing
 * why the work ended: a %G_IO_ERROR_CANCELLED met while @self is done becomes
 * the error of @self, such as %G_IO_ERROR_TIMED_OUT. Every other error passes
 * untouched.
 *
 * From a language with exceptions use [method@GCtx.Context.translate_error].
 *
 * Since: 1.0
 */
void
gctx_context_propagate_error (GCtxContext  *self,
                              GError      **dest,
                              GError       *src)
{
  g_return_if_fail (src != NULL);

  if (!gctx_is_context (self))
    {
      g_return_if_fail_warning (G_LOG_DOMAIN, G_STRFUNC, "gctx_is_context (self)");
      g_propagate_error (dest, src);
      return;
    }

  if (dest != NULL)
    {
      g_propagate_error (dest, gctx_context_translate_error (self, src));
      g_error_free (src);
    }
  else
    {
      g_error_free (src);
    }
}

/**
 * gctx_context_translate_error:
 * @self: a context
 * @error: an error, met while working for @self
 *
 * Says what an error means to those who wait for @self: a
 * %G_IO_ERROR_CANCELLED met while @self is done becomes the error of @self,
 * such as %G_IO_ERROR_TIMED_OUT. Every other error comes back as it is.
 *
 * Returns: (transfer full): the error to report
 *
 * Since: 1.0
 */
GError *
gctx_context_translate_error (GCtxContext  *self,
                              const GError *error)
{
  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (error != NULL, NULL);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && gctx_node_is_done (self->node))
    return g_error_copy (self->node->outcome->error);

  return g_error_copy (error);
}
