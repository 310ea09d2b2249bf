/* test-search-text.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzzy.h"
#include "http-error.h"
#include "page.h"
#include "parameters.h"
#include "query.h"
#include "result.h"
#include "user-ip.h"

#include <libsoup/soup.h>
#include <string.h>

static sqlite3 *
open_library (void)
{
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (":memory:", &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db,
                                 "CREATE VIRTUAL TABLE search USING fts5 (name, doc);"
                                 "INSERT INTO search VALUES ('g_main_loop_run', 'Runs a main loop.');"
                                 "INSERT INTO search VALUES ('g_main_loop_quit', 'Stops it.');"
                                 "INSERT INTO search VALUES ('near', 'AND OR NOT NEAR');",
                                 NULL, NULL, NULL), ==, SQLITE_OK);
  return db;
}

/* How many rows @text finds; any error of SQLite fails the test. */
static int
count_matches (sqlite3    *db,
               const char *text)
{
  g_autofree char *match = query_quote_match (text);
  sqlite3_stmt *statement;
  int n_rows;

  g_test_message ("%s", match);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT count (*) FROM search WHERE search MATCH ?",
                                       -1, &statement, NULL), ==, SQLITE_OK);
  sqlite3_bind_text (statement, 1, match, -1, SQLITE_STATIC);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n_rows = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  return n_rows;
}

static void
test_match_words (void)
{
  sqlite3 *db = open_library ();

  g_test_summary ("words are prefixes, and all of them have to be there");

  g_assert_cmpint (count_matches (db, "main"), ==, 2);
  g_assert_cmpint (count_matches (db, "  main\tru "), ==, 1);
  g_assert_cmpint (count_matches (db, "g_main_loop"), ==, 2);
  g_assert_cmpint (count_matches (db, "main nothing"), ==, 0);

  sqlite3_close (db);
}

static void
test_match_operators (void)
{
  sqlite3 *db = open_library ();

  g_test_summary ("what is an operator to FTS5 is a word or nothing here");

  g_assert_cmpint (count_matches (db, "near"), ==, 1);
  g_assert_cmpint (count_matches (db, "AND OR NOT"), ==, 1);
  g_assert_cmpint (count_matches (db, "main OR near"), ==, 0);
  g_assert_cmpint (count_matches (db, "NEAR("), ==, 1);
  g_assert_cmpint (count_matches (db, "name:main"), ==, 0);
  g_assert_cmpint (count_matches (db, "-name : main"), ==, 0);
  g_assert_cmpint (count_matches (db, "^main"), ==, 2);
  g_assert_cmpint (count_matches (db, "main*"), ==, 2);
  g_assert_cmpint (count_matches (db, "***"), ==, 0);
  g_assert_cmpint (count_matches (db, "{name doc}"), ==, 0);

  sqlite3_close (db);
}

static void
test_match_quotes (void)
{
  sqlite3 *db = open_library ();
  g_autofree char *quoted = query_quote_match ("a\"b c");

  g_test_summary ("no quote closes what was opened for it");

  g_assert_cmpstr (quoted, ==, "\"a\"\"b\"* \"c\"*");
  g_assert_cmpint (count_matches (db, "\""), ==, 0);
  g_assert_cmpint (count_matches (db, "\"\""), ==, 0);
  g_assert_cmpint (count_matches (db, "\" OR \"main"), ==, 0);
  g_assert_cmpint (count_matches (db, "main\""), ==, 2);
  g_assert_cmpint (count_matches (db, "'; DROP TABLE search; --"), ==, 0);
  g_assert_cmpint (count_matches (db, "main"), ==, 2);

  sqlite3_close (db);
}

static void
test_edit_distance (void)
{
  g_test_summary ("put in, take out, replace and swap count one each; case does not count");

  g_assert_cmpint (edit_distance ("", ""), ==, 0);
  g_assert_cmpint (edit_distance ("", "abc"), ==, 3);
  g_assert_cmpint (edit_distance ("abc", ""), ==, 3);
  g_assert_cmpint (edit_distance ("GCancellable", "gcancellable"), ==, 0);
  g_assert_cmpint (edit_distance ("kitten", "sitting"), ==, 3);
  g_assert_cmpint (edit_distance ("cancel", "cancle"), ==, 1);
  g_assert_cmpint (edit_distance ("ab", "ba"), ==, 1);
  g_assert_cmpint (edit_distance ("ca", "abc"), ==, 3);
  g_assert_cmpint (edit_distance ("gr\303\266\303\237e", "grosse"), ==, 3);
}

static SearchParameters *
make_parameters (const char *text)
{
  SearchParameters parameters = { (char *) text, FALSE, 0 };

  return search_parameters_copy (&parameters);
}

static void
test_page_escapes (void)
{
  g_autoptr (SearchParameters) parameters = make_parameters ("<script>alert ('\"&')</script>");
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func (search_result_free);
  g_autofree char *page = NULL;

  g_test_summary ("neither the question nor a result can write HTML");

  g_ptr_array_add (results, search_result_new ("<i>", "<b>name</b>", "<u>", "a < b & \"c\"", 1));
  page = page_render_results (parameters, "1s", results, 1500, FALSE);

  g_assert_null (strstr (page, "<script"));
  g_assert_nonnull (strstr (page, "<h1>&lt;script&gt;alert (&apos;&quot;&amp;&apos;)&lt;/script&gt;</h1>"));
  g_assert_nonnull (strstr (page, "<code>&lt;b&gt;name&lt;/b&gt;</code> <small>&lt;u&gt; in &lt;i&gt;</small>"));
  g_assert_nonnull (strstr (page, "a &lt; b &amp; &quot;c&quot;"));
  g_assert_nonnull (strstr (page, "1 result in 1.5ms; timeout 1s"));
}

static void
test_failure_escapes (void)
{
  g_autofree char *page = page_render_failure (SOUP_STATUS_BAD_GATEWAY, "it said <b>\"no\"</b>", 2000, FALSE);
  g_autofree char *json = page_render_failure (SOUP_STATUS_BAD_GATEWAY, "it said <b>\"no\"</b>", 2000, TRUE);
  g_autoptr (GBytes) bytes = g_bytes_new (json, strlen (json));
  g_autofree char *sentence = json_error_parse (bytes);

  g_test_summary ("what a backend said cannot write HTML, and comes through JSON as it is");

  g_assert_null (strstr (page, "<b>"));
  g_assert_nonnull (strstr (page, "it said &lt;b&gt;&quot;no&quot;&lt;/b&gt;"));
  g_assert_nonnull (strstr (page, "<h1>502 Bad Gateway</h1>"));
  g_assert_cmpstr (sentence, ==, "it said <b>\"no\"</b>");
}

static void
test_results_round_trip (void)
{
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func (search_result_free);
  g_autoptr (GPtrArray) again = NULL;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  const SearchResult *first;
  char *json;

  g_test_summary ("results survive the way from backend to server");

  g_ptr_array_add (results, search_result_new ("gio", "GFile", "interface", "A \"file\" \\ …", -2.5));
  g_ptr_array_add (results, search_result_new ("glib", "g_free", "function", "", 0));
  json_builder_begin_object (builder);
  search_results_build (builder, results);
  json_builder_end_object (builder);
  json = json_builder_to_text (builder);
  bytes = g_bytes_new_take (json, strlen (json));

  again = search_results_parse (bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->len, ==, 2);
  first = g_ptr_array_index (again, 0);
  g_assert_cmpstr (first->name, ==, "GFile");
  g_assert_cmpstr (first->summary, ==, "A \"file\" \\ …");
  g_assert_cmpfloat (first->score, ==, -2.5);
}

static void
assert_no_results (const char *json,
                   gssize      length,
                   const char *why)
{
  g_autoptr (GBytes) bytes = g_bytes_new (json, length < 0 ? strlen (json) : (gsize) length);
  g_autoptr (GError) error = NULL;

  g_assert_null (search_results_parse (bytes, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, why));
}

static void
test_results_garbage (void)
{
  g_autofree char *deep = g_strnfill (1000000, '[');

  g_test_summary ("whatever is no list of results is refused, however deep it is nested");

  assert_no_results ("", -1, "empty");
  assert_no_results ("hello", -1, "Parse error");
  assert_no_results ("{\"results\": [", -1, "Parse error");
  assert_no_results ("[]", -1, "no JSON object");
  assert_no_results ("42", -1, "");
  assert_no_results ("{}", -1, "lists no results");
  assert_no_results ("{\"results\": {}}", -1, "lists no results");
  assert_no_results ("{\"results\": [1]}", -1, "result 0 is incomplete");
  assert_no_results ("{\"results\": [{\"name\": 1}]}", -1, "result 0 is incomplete");
  assert_no_results ("{\"results\": [{\"database\":\"a\",\"name\":\"a\",\"kind\":\"a\",\"summary\":\"a\",\"score\":[]}]}",
                     -1, "result 0 is incomplete");
  assert_no_results ("\377\376", -1, "not UTF-8");
  assert_no_results ("{}\0{}", 5, "not UTF-8");
  assert_no_results (deep, -1, "nested too deeply");
}

static const char *
get_parameter (gpointer    request,
               const char *name)
{
  return g_hash_table_lookup (request, name);
}

static void
assert_parameters_refused (const char *query,
                           const char *sentence)
{
  g_autoptr (GHashTable) form = soup_form_decode (query);
  g_autoptr (GError) error = NULL;

  g_assert_null (search_parameters_new (get_parameter, form, &error));
  g_assert_error (error, HTTP_ERROR, SOUP_STATUS_BAD_REQUEST);
  g_assert_cmpstr (error->message, ==, sentence);
}

static void
test_parameters (void)
{
  g_autofree char *longest = g_strnfill (PARAMETER_Q_MAX, 'x');
  g_autofree char *good = g_strconcat ("fuzzy=1&delay=1.5ms&q=", longest, NULL);
  g_autofree char *too_long = g_strconcat ("q=x", longest, NULL);
  g_autoptr (GHashTable) form = soup_form_decode (good);
  g_autoptr (GError) error = NULL;
  g_autoptr (SearchParameters) parameters = search_parameters_new (get_parameter, form, &error);

  g_test_summary ("parameters are taken or refused with a sentence");

  g_assert_no_error (error);
  g_assert_cmpstr (parameters->text, ==, longest);
  g_assert_true (parameters->fuzzy);
  g_assert_cmpint (parameters->delay_usec, ==, 1500);

  assert_parameters_refused ("a=b", "The parameter q is missing: say what to search for.");
  assert_parameters_refused ("q=", "The parameter q is empty: say what to search for.");
  assert_parameters_refused ("q=+%09", "The parameter q is empty: say what to search for.");
  assert_parameters_refused (too_long, "The parameter q is too long: it has 513 characters, 512 are allowed.");
  assert_parameters_refused ("q=%c3%28", "The parameter q is not valid UTF-8.");
  assert_parameters_refused ("q=a&fuzzy=yes", "The parameter fuzzy must be 0 or 1.");
  assert_parameters_refused ("q=a&delay=-1s", "The parameter delay must not be negative, as -1s is.");
  assert_parameters_refused ("q=a&delay=1", "The parameter delay does not say how long: missing unit in duration “1”.");
}

static void
test_user_ip (void)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string ("192.0.2.7");
  g_autoptr (GCtxContext) context = user_ip_new_context (gctx_context_background (), address);
  g_autoptr (GCtxScope) child = gctx_scope_new (context);

  g_test_summary ("the address is there for whoever is below, and for nobody above");

  g_assert_true (user_ip_from_context (context) == address);
  g_assert_true (user_ip_from_context (GCTX_CONTEXT (child)) == address);
  g_assert_null (user_ip_from_context (gctx_context_background ()));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/examples/search/match/words", test_match_words);
  g_test_add_func ("/examples/search/match/operators", test_match_operators);
  g_test_add_func ("/examples/search/match/quotes", test_match_quotes);
  g_test_add_func ("/examples/search/edit-distance", test_edit_distance);
  g_test_add_func ("/examples/search/page/escapes", test_page_escapes);
  g_test_add_func ("/examples/search/page/failure-escapes", test_failure_escapes);
  g_test_add_func ("/examples/search/results/round-trip", test_results_round_trip);
  g_test_add_func ("/examples/search/results/garbage", test_results_garbage);
  g_test_add_func ("/examples/search/parameters", test_parameters);
  g_test_add_func ("/examples/search/user-ip", test_user_ip);

  return g_test_run ();
}
