/* gctx-trie-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-key.h"

G_BEGIN_DECLS

/* A value in the block of the map that it was added with. */
typedef struct
{
  GCtxKey *key;
  GValue   value;
  gint     refs;    /* atomic */
  guint    index;   /* among its map's own entries */
} GCtxEntry;

typedef void (*GCtxEntryFunc) (GCtxEntry *entry,
                               gpointer   user_data);

static inline GCtxEntry *
gctx_entry_ref (GCtxEntry *self)
{
  g_atomic_int_inc (&self->refs);

  return self;
}

/* In gctx-value-map.c: what a map's memory hangs on is its own affair. */
void          gctx_entry_unref  (GCtxEntry      *self);

/* A persistent map from keys to entries, indexed by five bits of the key's id at
 * a time. */
typedef struct _GCtxTrie GCtxTrie;

GCtxTrie     *gctx_trie_new     (void);
GCtxTrie     *gctx_trie_ref     (GCtxTrie       *self);
void          gctx_trie_unref   (GCtxTrie       *self);

void          gctx_trie_insert  (GCtxTrie      **root,
                                 GCtxEntry      *entry);
const GValue *gctx_trie_lookup  (GCtxTrie       *self,
                                 GCtxKey        *key);
void          gctx_trie_foreach (GCtxTrie       *self,
                                 GCtxEntryFunc   func,
                                 gpointer        user_data);

G_END_DECLS
