/* gir-reader.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Reads the documentation out of a .gir file, the XML that GObject
 * introspection describes a library with. What is said about parameters and
 * return values goes to the function that has them.
 */

#include "gir-reader.h"

#include <string.h>

typedef enum
{
  NAME_OF_TYPE,     /* GFile */
  NAME_OF_SYMBOL,   /* g_file_new */
  NAME_OF_MEMBER    /* GFile, a separator, path */
} NameRule;

static const struct
{
  const char *element;
  const char *kind;
  const char *separator;
  NameRule    rule;
} kinds[] = {
  { "class", "class", NULL, NAME_OF_TYPE },
  { "interface", "interface", NULL, NAME_OF_TYPE },
  { "record", "struct", NULL, NAME_OF_TYPE },
  { "union", "union", NULL, NAME_OF_TYPE },
  { "glib:boxed", "boxed type", NULL, NAME_OF_TYPE },
  { "enumeration", "enumeration", NULL, NAME_OF_TYPE },
  { "bitfield", "flags", NULL, NAME_OF_TYPE },
  { "alias", "alias", NULL, NAME_OF_TYPE },
  { "callback", "callback", NULL, NAME_OF_TYPE },
  { "constant", "constant", NULL, NAME_OF_SYMBOL },
  { "member", "member", NULL, NAME_OF_SYMBOL },
  { "function", "function", NULL, NAME_OF_SYMBOL },
  { "function-macro", "macro", NULL, NAME_OF_SYMBOL },
  { "constructor", "constructor", NULL, NAME_OF_SYMBOL },
  { "method", "method", NULL, NAME_OF_SYMBOL },
  { "virtual-method", "virtual method", ".", NAME_OF_MEMBER },
  { "field", "field", ".", NAME_OF_MEMBER },
  { "property", "property", ":", NAME_OF_MEMBER },
  { "glib:signal", "signal", "::", NAME_OF_MEMBER },
};

typedef struct
{
  char       *name;
  const char *kind;
  GString    *doc;
} OpenSymbol;

typedef struct
{
  GirSymbolFunc  func;
  gpointer       user_data;

  GPtrArray     *elements;   /* an OpenSymbol for every open element, or NULL */
  gboolean       in_doc;
} GirReader;

static void
open_symbol_free (gpointer data)
{
  OpenSymbol *symbol = data;

  if (symbol == NULL)
    return;
  g_free (symbol->name);
  g_string_free (symbol->doc, TRUE);
  g_free (symbol);
}

static OpenSymbol *
get_innermost (GirReader *self)
{
  guint i;

  for (i = self->elements->len; i > 0; i--)
    {
      OpenSymbol *symbol = g_ptr_array_index (self->elements, i - 1);

      if (symbol != NULL)
        return symbol;
    }
  return NULL;
}

static const char *
get_attribute (const char **names,
               const char **values,
               const char  *name)
{
  guint i;

  for (i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], name) == 0)
      return values[i];
  return NULL;
}

/* Returns: (transfer full) (nullable): the name in C, or NULL where the
 *   element has none or is private */
static char *
make_name (GirReader   *self,
           gsize        kind,
           const char **names,
           const char **values)
{
  OpenSymbol *owner = get_innermost (self);
  const char *name = get_attribute (names, values, "name");
  const char *full = NULL;

  switch (kinds[kind].rule)
    {
    case NAME_OF_TYPE:
      /* The callback inside a field is that field's type. */
      if (owner == NULL)
        full = get_attribute (names, values, "c:type");
      if (full == NULL && owner == NULL)
        full = get_attribute (names, values, "glib:type-name");
      break;

    case NAME_OF_SYMBOL:
      full = get_attribute (names, values, "c:identifier");
      if (full == NULL)
        full = get_attribute (names, values, "c:type");
      break;

    case NAME_OF_MEMBER:
      if (owner == NULL || name == NULL || name[0] == '_')
        return NULL;
      return g_strconcat (owner->name, kinds[kind].separator, name, NULL);

    default:
      g_assert_not_reached ();
    }

  return full != NULL && full[0] != '_' ? g_strdup (full) : NULL;
}

static OpenSymbol *
open_symbol_new (GirReader   *self,
                 const char  *element,
                 const char **names,
                 const char **values)
{
  OpenSymbol *symbol;
  char *name;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i].element, element) == 0)
      break;
  if (i == G_N_ELEMENTS (kinds))
    return NULL;

  name = make_name (self, i, names, values);
  if (name == NULL)
    return NULL;

  symbol = g_new (OpenSymbol, 1);
  symbol->name = name;
  symbol->kind = kinds[i].kind;
  symbol->doc = g_string_new (NULL);
  return symbol;
}

static void
on_start_element (GMarkupParseContext  *context,
                  const char           *element,
                  const char          **names,
                  const char          **values,
                  gpointer              user_data,
                  GError              **error)
{
  GirReader *self = user_data;

  self->in_doc = strcmp (element, "doc") == 0;
  g_ptr_array_add (self->elements, open_symbol_new (self, element, names, values));
}

static void
on_end_element (GMarkupParseContext  *context,
                const char           *element,
                gpointer              user_data,
                GError              **error)
{
  GirReader *self = user_data;
  OpenSymbol *open = g_ptr_array_index (self->elements, self->elements->len - 1);

  self->in_doc = FALSE;
  if (open != NULL)
    {
      GirSymbol symbol = { open->name, open->kind, open->doc->str };

      if (!self->func (&symbol, self->user_data, error))
        return;
    }
  g_ptr_array_set_size (self->elements, self->elements->len - 1);
}

static void
on_text (GMarkupParseContext  *context,
         const char           *text,
         gsize                 length,
         gpointer              user_data,
         GError              **error)
{
  GirReader *self = user_data;
  OpenSymbol *symbol = self->in_doc ? get_innermost (self) : NULL;

  if (symbol == NULL)
    return;
  if (symbol->doc->len > 0)
    g_string_append (symbol->doc, "\n\n");
  g_string_append_len (symbol->doc, text, length);
}

/* Calls @func for every symbol in the file at @path, a type after its members,
 * until one call fails. */
gboolean
gir_read (const char     *path,
          GirSymbolFunc   func,
          gpointer        user_data,
          GError        **error)
{
  static const GMarkupParser parser = { on_start_element, on_end_element, on_text, NULL, NULL };
  GirReader self = { func, user_data, NULL, FALSE };
  GMarkupParseContext *context;
  g_autofree char *text = NULL;
  gsize length;
  gboolean ok;

  if (!g_file_get_contents (path, &text, &length, error))
    return FALSE;

  self.elements = g_ptr_array_new_with_free_func (open_symbol_free);
  context = g_markup_parse_context_new (&parser, G_MARKUP_PREFIX_ERROR_POSITION, &self, NULL);
  ok = g_markup_parse_context_parse (context, text, length, error) &&
       g_markup_parse_context_end_parse (context, error);
  g_markup_parse_context_free (context);
  g_ptr_array_unref (self.elements);
  return ok;
}
