/* user-ip.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The address of the user on whose behalf a request runs. The key is private
 * to this file, so nobody can put anything else under it, and every caller
 * gets the type that it expects.
 */

#include "user-ip.h"

GCTX_DEFINE_KEY (user_ip_key, "user-ip", G_TYPE_INET_ADDRESS)

/* Returns: (transfer full): a child of @parent that carries @user_ip */
GCtxContext *
user_ip_new_context (GCtxContext  *parent,
                     GInetAddress *user_ip)
{
  return gctx_context_with_values (parent, user_ip_key (), user_ip, NULL);
}

/* Returns: (transfer none) (nullable): the address, where one was set */
GInetAddress *
user_ip_from_context (GCtxContext *context)
{
  return gctx_context_get_object (context, user_ip_key ());
}
