/* http-error.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http-error.h"

#include <libsoup/soup.h>

G_DEFINE_QUARK (example-http-error-quark, http_error)

/* Work that was stopped failed for its context's reason, whatever the layer
 * below called it; all other work for the reason that it gives itself. */
static const GError *
get_root_error (GCtxContext  *context,
                const GError *error)
{
  return gctx_context_is_done (context) ? gctx_context_get_cause (context) : error;
}

/* Returns: (transfer none): as long-lived as @context and @error */
const char *
http_failure_get_reason (GCtxContext  *context,
                         const GError *error)
{
  return get_root_error (context, error)->message;
}

guint
http_failure_get_status (GCtxContext  *context,
                         const GError *error)
{
  const GError *root = get_root_error (context, error);

  if (root->domain == HTTP_ERROR)
    return root->code;
  if (g_error_matches (root, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return SOUP_STATUS_GATEWAY_TIMEOUT;
  return SOUP_STATUS_INTERNAL_SERVER_ERROR;
}
