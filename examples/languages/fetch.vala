/* fetch.vala: fetches several URLs at the same time under one deadline
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

Soup.Message? message_for (string url) {
  try {
    var uri = Uri.parse (url, (UriFlags) Soup.HTTP_URI_FLAGS);

    // libsoup itself looks at none of this, and takes all schemes for HTTP.
    if (uri.get_scheme () in new string[] { "http", "https" } && (uri.get_host () ?? "") != "")
      return new Soup.Message.from_uri ("GET", uri);
  } catch (UriError error) {
  }
  return null;
}

async bool fetch (GCtx.Context context, Soup.Session session, string url, out string outcome) {
  var message = message_for (url);

  outcome = "failed (Not an HTTP URL)";
  if (message == null)
    return false;

  try {
    var body = yield session.send_and_read_async (message, Priority.DEFAULT, context.get_cancellable ());

    if (message.status_code < 400) {
      outcome = @"$(body.length) bytes";
      return true;
    }
    outcome = @"failed (HTTP $(message.status_code))";
  } catch (IOError.CANCELLED error) {
    // A peer's time-out is a failure: only a CANCELLED is the deadline's doing.
    outcome = @"late ($(context.translate_error (error).message))";
  } catch (Error error) {
    outcome = @"failed ($(error.message))";
  }
  return false;
}

async bool fetch_all (GCtx.Context context, string[] urls) {
  // Without these two libsoup talks to one host over two connections at most.
  var session = new Soup.Session.with_options ("max-conns", urls.length, "max-conns-per-host", urls.length);
  var outcomes = new string[urls.length];
  var n_pending = urls.length;
  var all_came = true;

  for (int i = 0; i < urls.length; i++) {
    int number = i;

    fetch.begin (context, session, urls[i], (object, result) => {
      all_came &= fetch.end (result, out outcomes[number]);
      if (--n_pending == 0)
        fetch_all.callback ();
    });
  }
  yield;

  for (int i = 0; i < urls.length; i++)
    stdout.printf ("%s: %s\n", urls[i], outcomes[i]);
  return all_came;
}

async int main (string[] args) {
  uint64 timeout_msec = 5000;
  var urls = args[1:];

  Intl.setlocale ();
  try {
    if (urls.length > 0 && urls[0].has_prefix ("--timeout=")) {
      uint64.from_string (urls[0].substring ("--timeout=".length), out timeout_msec, 10, 0, 999999999);
      urls = urls[1:];
    }
  } catch (NumberParserError error) {
    urls = {};
  }
  if (urls.length == 0 || urls[0].has_prefix ("-")) {
    stderr.printf ("usage: fetch [--timeout=MILLISECONDS] URL...\n");
    return 2;
  }

  var scope = new GCtx.ScopeCloser.timeout (GCtx.Context.background (), (int64) timeout_msec * TimeSpan.MILLISECOND);
  return (yield fetch_all (scope, urls)) ? 0 : 1;
}
