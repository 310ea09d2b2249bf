/* gctx-oracle.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-oracle-private.h"

#include "gctx-key-private.h"

/* Whoever has asked may use the answer as long as the context lives, and must
 * not see it change. So the first answer is kept as long as the oracle itself,
 * which every map that can ask it holds.
 *
 * Answers are only ever added, each one below those that share the low bits of
 * its key's id, two bits more with each step. So they need no lock: who finds
 * the place empty puts his own there, and who comes second takes what is there.
 * Ids are dense, so a thousand answers are five or six steps away, and they
 * differ somewhere, so that there are never more steps than pairs of bits. */

#define ANSWER_BITS   2
#define ANSWER_WIDTH  (1 << ANSWER_BITS)

typedef struct
{
  GCtxKey  *key;
  GValue    value;
  gpointer  below[ANSWER_WIDTH];   /* atomic */
} Answer;

static Answer *
answer_new (GCtxKey      *key,
            const GValue *value)
{
  Answer *self = g_new0 (Answer, 1);

  self->key = gctx_key_hold (key);
  self->value = *value;

  return self;
}

/* Foreign code may run in here: the finalizer of a value. */
static void
answer_free (Answer *self)
{
  for (guint i = 0; i < ANSWER_WIDTH; i++)
    if (self->below[i] != NULL)
      answer_free (self->below[i]);

  if (!self->key->is_plain)
    g_value_unset (&self->value);
  gctx_key_release (self->key);
  g_free (self);
}

/* Takes @above. */
GCtxOracle *
gctx_oracle_new (GCtxOracle     *above,
                 guint64         serial,
                 guint           layer,
                 GCtxLookupFunc  func,
                 gpointer        user_data,
                 GDestroyNotify  destroy)
{
  GCtxOracle *self = g_new0 (GCtxOracle, 1);

  self->ref_count = 1;
  self->depth = above != NULL ? above->depth + 1 : 1;
  self->serial = serial;
  self->layer = layer;
  self->above = above;
  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;

  return self;
}

/* A loop, because there may be a million of them. */
void
gctx_oracle_unref (GCtxOracle *self)
{
  while (self != NULL && g_atomic_int_dec_and_test (&self->ref_count))
    {
      GCtxOracle *above = self->above;

      /* Before the data, which they may point into. */
      if (self->answers != NULL)
        answer_free (self->answers);
      if (self->destroy != NULL)
        self->destroy (self->user_data);
      g_free (self);
      self = above;
    }
}

/* The answer for @key, or NULL with *@link where it belongs. Goes on from there
 * with *@rest, what is left of the id. Each link is read once: the next moment it
 * may have another key's answer. */
static Answer *
find_answer (gpointer **link,
             guint64   *rest,
             GCtxKey   *key)
{
  Answer *answer;

  while ((answer = g_atomic_pointer_get (*link)) != NULL && answer->key != key)
    {
      *link = &answer->below[*rest % ANSWER_WIDTH];
      *rest >>= ANSWER_BITS;
    }

  return answer;
}

/* --- Asking --- */

/* What this thread is just asking, the innermost first: a function that needs
 * the very value that it is asked for, if only because it writes a log, must not
 * be asked for it again without end. */
typedef struct _Question Question;

struct _Question
{
  GCtxOracle *oracle;
  GCtxKey    *key;
  Question   *outer;
};

static GPrivate innermost_question = G_PRIVATE_INIT (NULL);

static gboolean
is_being_asked (GCtxOracle *self,
                GCtxKey    *key)
{
  for (Question *question = g_private_get (&innermost_question);
       question != NULL;
       question = question->outer)
    if (question->oracle == self && question->key == key)
      return TRUE;

  return FALSE;
}

/* Calls the function. TRUE if it knows, with a value of exactly the key's type. */
static gboolean
call_function (GCtxOracle *self,
               GCtxKey    *key,
               GValue     *value)
{
  Question question = { self, key, g_private_get (&innermost_question) };
  GValue given = G_VALUE_INIT;
  gboolean knows;

  g_value_init (&given, key->value_type);

  g_private_set (&innermost_question, &question);
  knows = self->func (key, &given, self->user_data);
  g_private_set (&innermost_question, question.outer);

  if (knows && G_VALUE_TYPE (&given) == key->value_type)
    {
      *value = given;
      return TRUE;
    }

  /* It has set up the value anew: what fits the key is as good as anywhere. */
  if (knows)
    knows = gctx_key_store_value (key, &given, value);

  if (G_VALUE_TYPE (&given) != G_TYPE_INVALID)
    g_value_unset (&given);

  return knows;
}

/* The value for @key, good as long as @self; NULL where the function does not
 * know the key. Foreign code runs in here. */
const GValue *
gctx_oracle_ask (GCtxOracle *self,
                 GCtxKey    *key)
{
  gpointer *link = &self->answers;
  guint64 rest = key->id;
  Answer *answer = find_answer (&link, &rest, key);
  Answer *own;
  GValue value;

  if (answer != NULL)
    return &answer->value;

  if (is_being_asked (self, key) || !call_function (self, key, &value))
    return NULL;

  own = answer_new (key, &value);
  do
    {
      answer = find_answer (&link, &rest, key);
      if (answer != NULL)
        {
          /* Another thread was faster: that one may be in use by now. */
          answer_free (own);
          return &answer->value;
        }
    }
  while (!g_atomic_pointer_compare_and_exchange (link, NULL, own));

  return &own->value;
}
