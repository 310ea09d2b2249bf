/* gctx-value-map.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-value-map-private.h"

#include <string.h>

#include <gobject/gvaluecollector.h>

#include "gctx-key-private.h"
#include "gctx-oracle-private.h"
#include "gctx-trie-private.h"

/* A map sees the entries that it was made with, its own, and those of older maps
 * that no newer key hides. There is no way back from an entry that is hidden, so
 * nothing may keep it: a map holds each entry that it sees, not the maps that
 * they came with. Two counts make that possible:
 *
 *  - `refs` of an entry counts the maps (while they are flat) and tries that see
 *    it. Without them the value is unset.
 *  - `pins` of a map counts what needs its memory: the map itself while somebody
 *    holds it, and each of its own entries that is not unset yet.
 *
 * So no map holds another one, there is no cycle between a map and its trie, and
 * however long the chain of contexts, letting one go touches only what that one
 * sees: nothing here recurses deeper than a trie does.
 *
 * Few entries are kept flat, in the map's own block, with a guess of where each
 * key is. More than that are in a trie, which the maps that come later share but
 * for the few nodes on the way to what they change.
 *
 * Functions that are asked for values, oracles, are a list of their own beside
 * that. An entry is hidden by those that were added after it, for the keys that
 * they know: it knows how many there were when it was made. So however many maps
 * and oracles there are, there is one entry to find, and the oracles that are
 * below it to ask. */

#define FLAT_MAX     15

/* Of each value of an id's low four bits, the place of the entry that has them:
 * four bits as well. Where several entries have them it is any one's. */
typedef guint64 Places;

#define PLACES_EMPTY G_MAXUINT64
#define PLACE_NONE   15

struct _GCtxValueMap
{
  gint       ref_count;   /* atomic: contexts and cancellables */
  gint       pins;        /* atomic */

  /* Immutable after construction. */
  guint64    serial;   /* of the node that the own entries were added at */
  guint      layer;
  guint      n_own;
  guint      n_oracles;
  guint      n_inherited : 30;   /* of a flat map */
  guint      is_flat : 1;
  guint      is_simple : 1;      /* flat, and nobody to ask */
  union
  {
    GCtxTrie *trie;       /* all the entries */
    Places    places;     /* of a flat map */
  };
  GCtxOracle *oracle;     /* the nearest one, or NULL */

  /* Each own entry until it is unset, then, in a flat map, pointers to the
   * inherited ones. */
  GCtxEntry  own[];
};

static inline guint
places_get (Places   self,
            GCtxKey *key)
{
  return (self >> (key->id % 16 * 4)) % 16;
}

static inline Places
places_set (Places   self,
            GCtxKey *key,
            guint    place)
{
  guint shift = key->id % 16 * 4;

  return (self & ~((guint64) 15 << shift)) | ((guint64) place << shift);
}

static inline gsize
map_get_size (gsize n_own,
              gsize n_inherited)
{
  return sizeof (GCtxValueMap) + n_own * sizeof (GCtxEntry) + n_inherited * sizeof (GCtxEntry *);
}

static inline void
map_free (GCtxValueMap *self)
{
  g_slice_free1 (map_get_size (self->n_own, self->n_inherited), self);
}

static inline GCtxEntry **
map_get_inherited (GCtxValueMap *self)
{
  return (GCtxEntry **) (void *) &self->own[self->n_own];
}

static inline GCtxValueMap *
entry_get_map (GCtxEntry *self)
{
  char *own = (char *) (self - self->index);

  return (GCtxValueMap *) (void *) (own - G_STRUCT_OFFSET (GCtxValueMap, own));
}

static inline GCtxEntry *
value_get_entry (const GValue *value)
{
  return (GCtxEntry *) (void *) ((char *) value - G_STRUCT_OFFSET (GCtxEntry, value));
}

static inline GCtxEntry *
map_get_flat (GCtxValueMap *self,
              guint         position)
{
  return position < self->n_own ? &self->own[position]
                                : map_get_inherited (self)[position - self->n_own];
}

/* Foreign code may run in here: the finalizer of a value. */
static inline void
entry_clear (GCtxEntry *self)
{
  if (!self->key->is_plain)
    g_value_unset (&self->value);
  gctx_key_release (self->key);
}

void
gctx_entry_unref (GCtxEntry *self)
{
  GCtxValueMap *map;

  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  map = entry_get_map (self);
  entry_clear (self);
  if (g_atomic_int_dec_and_test (&map->pins))
    map_free (map);
}

/* --- Entries on their way into a map --- */

typedef struct
{
  GCtxEntry *entries;
  gsize      n_entries;
  gsize      n_allocated;
  Places     places;         /* while there are few enough */
  GCtxEntry  preallocated[FLAT_MAX];
} Draft;

static inline void
draft_init (Draft *self)
{
  self->entries = self->preallocated;
  self->n_entries = 0;
  self->places = PLACES_EMPTY;
  self->n_allocated = G_N_ELEMENTS (self->preallocated);
}

static void
draft_reserve (Draft *self,
               gsize  n_entries)
{
  if (n_entries <= self->n_allocated)
    return;

  if (self->entries == self->preallocated)
    {
      self->entries = g_new (GCtxEntry, n_entries);
      memcpy (self->entries, self->preallocated, self->n_entries * sizeof (GCtxEntry));
    }
  else
    {
      self->entries = g_renew (GCtxEntry, self->entries, n_entries);
    }

  self->n_allocated = n_entries;
}

static void
draft_clear_allocation (Draft *self)
{
  if (self->entries != self->preallocated)
    g_free (self->entries);
}

static void
draft_clear (Draft *self)
{
  for (gsize i = 0; i < self->n_entries; i++)
    entry_clear (&self->entries[i]);

  draft_clear_allocation (self);
}

/* Only while there are few enough. */
static inline GCtxEntry *
draft_find (Draft   *self,
            GCtxKey *key)
{
  guint place = places_get (self->places, key);

  if (place == PLACE_NONE)
    return NULL;
  if (self->entries[place].key == key)
    return &self->entries[place];

  for (gsize i = 0; i < self->n_entries; i++)
    if (self->entries[i].key == key)
      return &self->entries[i];

  return NULL;
}

/* The place for a value of @key. It is put together there, because copying one
 * that was just written, right before an atomic operation, doubles what ten
 * values cost. */
static inline GValue *
draft_add (Draft   *self,
           GCtxKey *key)
{
  GCtxEntry *entry;

  /* The last value of a key counts. Where there are many the trie sees to it. */
  if (self->n_entries <= FLAT_MAX)
    {
      entry = draft_find (self, key);
      if (entry != NULL)
        {
          if (!key->is_plain)
            g_value_unset (&entry->value);
          return &entry->value;
        }

      if (self->n_entries < FLAT_MAX)
        self->places = places_set (self->places, key, self->n_entries);
    }

  if (G_UNLIKELY (self->n_entries == self->n_allocated))
    draft_reserve (self, self->n_allocated * 2);

  entry = &self->entries[self->n_entries];
  entry->key = gctx_key_hold (key);
  entry->refs = 1;
  entry->index = self->n_entries++;

  return &entry->value;
}

/* A map is flat if all that it sees fits: @inherited is what of @base it does. */
static gboolean
draft_fits_flat (Draft        *self,
                 GCtxValueMap *base,
                 GCtxEntry    *inherited[FLAT_MAX],
                 guint        *n_inherited)
{
  guint n = 0;

  *n_inherited = 0;

  if (self->n_entries > FLAT_MAX)
    return FALSE;
  if (base == NULL)
    return TRUE;
  if (!base->is_flat)
    return FALSE;

  for (guint i = 0; i < base->n_own + base->n_inherited; i++)
    {
      GCtxEntry *entry = map_get_flat (base, i);

      if (draft_find (self, entry->key) == NULL)
        inherited[n++] = entry;
    }

  *n_inherited = n;

  return self->n_entries + n <= FLAT_MAX;
}

static GCtxTrie *
make_trie (GCtxValueMap *base,
           GCtxEntry    *own,
           guint         n_own)
{
  GCtxTrie *trie;

  if (base != NULL && !base->is_flat)
    {
      trie = gctx_trie_ref (base->trie);
    }
  else
    {
      trie = gctx_trie_new ();
      for (guint i = 0; base != NULL && i < base->n_own + base->n_inherited; i++)
        gctx_trie_insert (&trie, gctx_entry_ref (map_get_flat (base, i)));
    }

  for (guint i = 0; i < n_own; i++)
    gctx_trie_insert (&trie, &own[i]);

  return trie;
}

/* Takes over what is in @self, which is not to be cleared after that. */
static GCtxValueMap *
draft_make_map (Draft        *self,
                GCtxValueMap *base,
                guint64       serial)
{
  GCtxEntry *inherited[FLAT_MAX];
  guint n_inherited;
  gboolean is_flat = draft_fits_flat (self, base, inherited, &n_inherited);
  GCtxValueMap *map;

  if (!is_flat)
    n_inherited = 0;
  map = g_slice_alloc (map_get_size (self->n_entries, n_inherited));
  map->ref_count = 1;
  map->pins = self->n_entries + 1;
  map->serial = serial;
  map->layer = base != NULL ? base->layer + 1 : 0;
  map->n_own = self->n_entries;
  map->n_inherited = n_inherited;
  map->is_flat = is_flat;
  map->n_oracles = base != NULL ? base->n_oracles : 0;
  map->oracle = base != NULL ? gctx_oracle_ref (base->oracle) : NULL;
  map->is_simple = is_flat && map->oracle == NULL;
  memcpy (map->own, self->entries, self->n_entries * sizeof (GCtxEntry));

  if (is_flat)
    {
      map->places = self->places;
      for (guint i = 0; i < n_inherited; i++)
        {
          map_get_inherited (map)[i] = gctx_entry_ref (inherited[i]);
          map->places = places_set (map->places, inherited[i]->key, map->n_own + i);
        }
    }
  else
    {
      map->trie = make_trie (base, map->own, map->n_own);
    }

  draft_clear_allocation (self);

  return map;
}

/* --- Maps --- */

GCtxValueMap *
gctx_value_map_ref (GCtxValueMap *self)
{
  if (self != NULL)
    g_atomic_int_inc (&self->ref_count);

  return self;
}

void
gctx_value_map_unref (GCtxValueMap *self)
{
  GCtxOracle *oracle;
  int n_unpinned = 1;

  if (self == NULL)
    return;

  /* With the last reference nobody is left who could take another one. */
  if (g_atomic_int_get (&self->ref_count) != 1 && !g_atomic_int_dec_and_test (&self->ref_count))
    return;

  oracle = self->oracle;

  if (!self->is_flat)
    gctx_trie_unref (self->trie);

  for (guint i = 0; i < self->n_inherited; i++)
    gctx_entry_unref (map_get_inherited (self)[i]);

  /* Without a trie the own entries are held by the map itself. */
  if (self->is_flat)
    {
      for (guint i = 0; i < self->n_own; i++)
        {
          GCtxEntry *entry = &self->own[i];

          if (g_atomic_int_get (&entry->refs) == 1 || g_atomic_int_dec_and_test (&entry->refs))
            {
              entry_clear (entry);
              n_unpinned++;
            }
        }
    }

  if (n_unpinned == (int) self->n_own + 1 ||
      g_atomic_int_add (&self->pins, - n_unpinned) == n_unpinned)
    map_free (self);

  /* Last, because values may point into what an oracle speaks for. */
  if (oracle != NULL)
    gctx_oracle_unref (oracle);
}

/* Makes the map of what @base has and, hiding that, of the values of @keys.
 * @serial is that of the node that they are added at. FALSE after a critical, with
 * *@map untouched. */
gboolean
gctx_value_map_extendv (GCtxValueMap  *base,
                        guint64        serial,
                        GCtxKey      **keys,
                        gsize          n_keys,
                        const GValue  *values,
                        gsize          n_values,
                        GCtxValueMap **map)
{
  Draft draft;

  g_return_val_if_fail (n_keys == n_values, FALSE);
  g_return_val_if_fail (n_keys < G_MAXINT, FALSE);
  g_return_val_if_fail (n_keys == 0 || (keys != NULL && values != NULL), FALSE);

  if (n_keys == 0)
    {
      *map = gctx_value_map_ref (base);
      return TRUE;
    }

  draft_init (&draft);
  draft_reserve (&draft, n_keys);

  for (gsize i = 0; i < n_keys; i++)
    {
      if (keys[i] == NULL)
        g_critical ("Key %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " is NULL", i + 1, n_keys);

      if (keys[i] == NULL ||
          !gctx_key_store_value (keys[i], &values[i], draft_add (&draft, keys[i])))
        {
          draft_clear (&draft);
          return FALSE;
        }
    }

  *map = draft_make_map (&draft, base, serial);

  return TRUE;
}

/* The same for a list of arguments: keys and values, as @first_key and on. */
gboolean
gctx_value_map_extend_valist (GCtxValueMap  *base,
                              guint64        serial,
                              GCtxKey       *first_key,
                              va_list        args,
                              GCtxValueMap **map)
{
  Draft draft;

  if (first_key == NULL)
    {
      *map = gctx_value_map_ref (base);
      return TRUE;
    }

  draft_init (&draft);

  for (GCtxKey *key = first_key; key != NULL; key = va_arg (args, GCtxKey *))
    {
      GValue *value = draft_add (&draft, key);
      char *error = NULL;

      *value = (GValue) G_VALUE_INIT;

      /* The commonest plain types need no detour. */
      switch (key->fundamental)
        {
        case G_TYPE_BOOLEAN:
        case G_TYPE_INT:
          value->g_type = key->value_type;
          value->data[0].v_int = va_arg (args, int);
          break;

        case G_TYPE_POINTER:
          value->g_type = key->value_type;
          value->data[0].v_pointer = va_arg (args, gpointer);
          break;

        default:
          G_VALUE_COLLECT_INIT (value, key->value_type, args, 0, &error);
          break;
        }

      if (error != NULL)
        {
          g_critical ("The value for the key \"%s\" cannot be used: %s", key->name, error);
          g_free (error);

          /* What a failed collection leaves behind is not to be touched, and
           * neither are the arguments after it. */
          *value = (GValue) G_VALUE_INIT;
          draft_clear (&draft);

          return FALSE;
        }
    }

  *map = draft_make_map (&draft, base, serial);

  return TRUE;
}

/* Makes the map of what @base has and, before that, what @func knows. */
GCtxValueMap *
gctx_value_map_extend_lookup (GCtxValueMap   *base,
                              guint64         serial,
                              GCtxLookupFunc  func,
                              gpointer        user_data,
                              GDestroyNotify  destroy)
{
  Draft draft;
  GCtxValueMap *map;

  draft_init (&draft);
  map = draft_make_map (&draft, base, serial);
  map->oracle = gctx_oracle_new (map->oracle, serial, map->layer, func, user_data, destroy);
  map->n_oracles++;
  map->is_simple = FALSE;

  return map;
}

static inline const GValue *
map_find_flat (GCtxValueMap *self,
               GCtxKey      *key)
{
  guint place = places_get (self->places, key);

  if (place == PLACE_NONE)
    return NULL;
  if (map_get_flat (self, place)->key == key)
    return &map_get_flat (self, place)->value;

  for (guint i = 0; i < self->n_own + self->n_inherited; i++)
    if (map_get_flat (self, i)->key == key)
      return &map_get_flat (self, i)->value;

  return NULL;
}

/* Asks the oracles that were added after what is found, the nearest first. That
 * is good whatever they do: the caller holds @self.
 * Out of line, so that a map without oracles pays for no more than the question. */
static const GValue * G_GNUC_NO_INLINE
map_ask (GCtxValueMap *self,
         GCtxKey      *key)
{
  const GValue *found = self->is_flat ? map_find_flat (self, key)
                                      : gctx_trie_lookup (self->trie, key);
  guint n_above = found != NULL ? entry_get_map (value_get_entry (found))->n_oracles : 0;

  for (GCtxOracle *oracle = self->oracle;
       oracle != NULL && oracle->depth > n_above;
       oracle = oracle->above)
    {
      const GValue *value = gctx_oracle_ask (oracle, key);

      if (value != NULL)
        return value;
    }

  return found;
}

/* Good as long as the caller holds @self. */
const GValue *
gctx_value_map_lookup (GCtxValueMap *self,
                       GCtxKey      *key)
{
  if (self == NULL)
    return NULL;

  if (G_LIKELY (self->is_simple))
    return map_find_flat (self, key);

  return self->oracle != NULL ? map_ask (self, key) : gctx_trie_lookup (self->trie, key);
}

typedef struct
{
  GCtxValueMapFunc func;
  gpointer         user_data;
} Report;

static void
report_entry (GCtxEntry *entry,
              gpointer   user_data)
{
  Report *report = user_data;
  GCtxValueMap *map = entry_get_map (entry);

  report->func (entry->key, &entry->value, map->serial, map->layer, report->user_data);
}

/* In no order, what @self sees. */
void
gctx_value_map_foreach (GCtxValueMap     *self,
                        GCtxValueMapFunc  func,
                        gpointer          user_data)
{
  Report report = { func, user_data };

  if (self == NULL)
    return;

  for (GCtxOracle *oracle = self->oracle; oracle != NULL; oracle = oracle->above)
    func (NULL, NULL, oracle->serial, oracle->layer, user_data);

  if (!self->is_flat)
    {
      gctx_trie_foreach (self->trie, report_entry, &report);
      return;
    }

  for (guint i = 0; i < self->n_own + self->n_inherited; i++)
    report_entry (map_get_flat (self, i), &report);
}
