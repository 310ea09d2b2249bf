/* gctx-trie.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-trie-private.h"

#include <string.h>

#include "gctx-key-private.h"

/* Ids are dense and nobody shares one, so that they need no hash, there are no
 * collisions, and a thousand keys that were made one after the other are two
 * steps away. Tries that somebody else may see are immutable: what is to be
 * changed is copied with the few nodes on the way to it, and the rest is shared. */

#define TRIE_BITS   5
#define TRIE_WIDTH  (1 << TRIE_BITS)

struct _GCtxTrie
{
  gint    ref_count;   /* atomic */
  guint32 is_trie;     /* a bit for each of the children */
  union
  {
    GCtxEntry *entry;
    GCtxTrie  *trie;
  }       children[TRIE_WIDTH];
};

static inline guint
trie_index (GCtxKey *key,
            guint    shift)
{
  return (guint) (key->id >> shift) % TRIE_WIDTH;
}

static inline gboolean
trie_child_is_trie (GCtxTrie *self,
                    guint     index)
{
  return (self->is_trie >> index) & 1;
}

GCtxTrie *
gctx_trie_new (void)
{
  GCtxTrie *self = g_new0 (GCtxTrie, 1);

  self->ref_count = 1;

  return self;
}

GCtxTrie *
gctx_trie_ref (GCtxTrie *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

void
gctx_trie_unref (GCtxTrie *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  for (guint i = 0; i < TRIE_WIDTH; i++)
    {
      if (trie_child_is_trie (self, i))
        gctx_trie_unref (self->children[i].trie);
      else if (self->children[i].entry != NULL)
        gctx_entry_unref (self->children[i].entry);
    }

  g_free (self);
}

/* Turns the caller's reference into one to a trie of the same content that is
 * nobody else's. Whoever has the only way to the only reference may change what
 * it leads to: nobody is there to take another one. */
static GCtxTrie *
trie_make_own (GCtxTrie *self)
{
  GCtxTrie *copy;

  if (g_atomic_int_get (&self->ref_count) == 1)
    return self;

  copy = g_new (GCtxTrie, 1);
  memcpy (copy, self, sizeof (GCtxTrie));
  copy->ref_count = 1;

  for (guint i = 0; i < TRIE_WIDTH; i++)
    {
      if (trie_child_is_trie (copy, i))
        gctx_trie_ref (copy->children[i].trie);
      else if (copy->children[i].entry != NULL)
        gctx_entry_ref (copy->children[i].entry);
    }

  gctx_trie_unref (self);

  return copy;
}

/* Takes over the reference to @entry, in the place of the one with the same key
 * if there is one. The way from *@root is the caller's own all along, because it
 * is made so from the top down. */
void
gctx_trie_insert (GCtxTrie  **root,
                  GCtxEntry  *entry)
{
  GCtxTrie **link = root;
  guint shift = 0;

  for (;;)
    {
      GCtxTrie *trie = *link = trie_make_own (*link);
      guint index = trie_index (entry->key, shift);

      if (!trie_child_is_trie (trie, index))
        {
          GCtxEntry *old = trie->children[index].entry;
          GCtxTrie *below;

          if (old == NULL || old->key == entry->key)
            {
              trie->children[index].entry = entry;
              if (old != NULL)
                gctx_entry_unref (old);
              return;
            }

          /* Two keys for one place: move the older one a step down. Their ids
           * differ somewhere, so they part before the bits run out. */
          below = gctx_trie_new ();
          below->children[trie_index (old->key, shift + TRIE_BITS)].entry = old;
          trie->children[index].trie = below;
          trie->is_trie |= 1U << index;
        }

      link = &trie->children[index].trie;
      shift += TRIE_BITS;
    }
}

const GValue *
gctx_trie_lookup (GCtxTrie *self,
                  GCtxKey  *key)
{
  guint64 id = key->id;
  GCtxEntry *entry;

  while (trie_child_is_trie (self, (guint) id % TRIE_WIDTH))
    {
      self = self->children[id % TRIE_WIDTH].trie;
      id >>= TRIE_BITS;
    }

  entry = self->children[id % TRIE_WIDTH].entry;

  return entry != NULL && entry->key == key ? &entry->value : NULL;
}

/* In no order. */
void
gctx_trie_foreach (GCtxTrie      *self,
                   GCtxEntryFunc  func,
                   gpointer       user_data)
{
  for (guint i = 0; i < TRIE_WIDTH; i++)
    {
      if (trie_child_is_trie (self, i))
        gctx_trie_foreach (self->children[i].trie, func, user_data);
      else if (self->children[i].entry != NULL)
        func (self->children[i].entry, user_data);
    }
}
