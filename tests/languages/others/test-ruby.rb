# test-ruby.rb
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

# usage: test-ruby.rb PAGE
#
# What docs/other-languages.md says works in Ruby, and the sample there.

require "gobject-introspection"
require "rbconfig"

module Gio
  GObjectIntrospection::Loader.new(self).load("Gio")
end

module GCtx
  GObjectIntrospection::Loader.new(self).load("GCtx")
end

module Tests
  BACKGROUND = GCtx::Context.background

  module_function

  def assert(condition, what = "not so")
    raise what unless condition
  end

  def assert_raises(error)
    begin
      yield
    rescue error => caught
      return caught
    end
    raise "expected #{error}, and none came"
  end

  def iterate_until
    GLib::MainContext.default.iteration(true) until yield
  end

  def key(type, name = "key")
    GCtx::Key.new(name, GLib::Type[type])
  end

  def value(type, content)
    GLib::Value.new(GLib::Type[type], content)
  end

  def test_tree
    scope = GCtx::Scope.new(BACKGROUND)
    child = scope.with_timeout(3600 * 1_000_000)
    sibling = GCtx::Scope.new(BACKGROUND)
    assert(!BACKGROUND.done? && !child.done?)
    assert(scope.cancel)
    assert(!scope.cancel)
    assert(child.done? && !sibling.done?)
    assert(child.to_s.start_with?("background.scope"))
  end

  def test_errors
    scope = GCtx::Scope.new(BACKGROUND)
    assert(scope.check)
    scope.cancel
    error = assert_raises(Gio::IOErrorEnum::Cancelled) { scope.check }
    assert(error.domain == "g-io-error-quark")
    assert_raises(Gio::IOErrorEnum::TimedOut) { BACKGROUND.with_timeout(0).check }
  end

  def test_values
    cancellable = Gio::Cancellable.new
    [
      ["gchararray", "Ada", :get_string],
      ["gboolean", true, :get_boolean],
      ["gint", -7, :get_int],
      ["gint64", 7, :get_int64],
      ["gdouble", 1.5, :get_double],
      ["GObject", cancellable, :get_object],
      ["GCancellable", cancellable, :get_object],
    ].each do |type, content, getter|
      context = BACKGROUND.with_value(key = key(type), content)
      assert(context.send(getter, key) == content, type)
      assert(context.get_value(key).value == content, type)
      assert(context.has_value?(key) && !BACKGROUND.has_value?(key))
    end

    large = key("gint64")
    assert(BACKGROUND.with_value(large, value("gint64", 1 << 40)).get_int64(large) == 1 << 40)

    name, size = key("gchararray", "name"), key("gint", "size")
    context = BACKGROUND.with_values([name, size], [value("gchararray", "Ada"), value("gint", 7)])
    assert(context.get_string(name) == "Ada" && context.get_int(size) == 7)
    assert(context.to_s == "background.value(name, size)")
    assert(!GCtx::Context.from_cancellable(context.cancellable).done?)
  end

  def test_what_is_refused
    assert_raises(RangeError) { BACKGROUND.with_value(key("gint64"), 1 << 40) }
    assert_raises(ArgumentError) { BACKGROUND.with_values([key("gint")], [7]) }
    assert_raises(ArgumentError) { BACKGROUND.with_value(key("gchararray"), nil) }
    assert_raises(ArgumentError) { GCtx::Key.new }
    assert_raises(ArgumentError) { GCtx::Scope.new }
  end

  def test_after_func
    scope, seen = GCtx::Scope.new(BACKGROUND), nil
    unwanted = scope.add_after_func { seen = :unwanted }
    scope.add_after_func { |context| seen = context }
    assert(scope.remove_after_func(unwanted))
    scope.cancel
    assert(seen.nil?)
    iterate_until { seen }
    assert(seen == scope)
  end

  def test_timeout
    context, seen = BACKGROUND.with_timeout(20_000), nil
    context.add_after_func { |done| seen = done }
    iterate_until { seen }
    assert_raises(Gio::IOErrorEnum::TimedOut) { seen.check }
  end

  def test_operation
    context, answer = BACKGROUND.with_timeout(-1), nil
    file = Gio::File.new_for_path("/")
    file.query_info_async("standard::type", :none, 0, context.cancellable) do |_, result|
      answer = assert_raises(Gio::IOErrorEnum::Cancelled) { file.query_info_finish(result) }
    end
    iterate_until { answer }
    assert_raises(Gio::IOErrorEnum::TimedOut) { context.check }
  end

  def test_wait
    scope, finished = GCtx::Scope.new(BACKGROUND), nil
    scope.wait_async { |_, result| finished = scope.wait_finish(result) }
    scope.cancel
    iterate_until { !finished.nil? }
    assert(finished)
  end

  def test_group
    group = GCtx::Group.new(BACKGROUND)
    group.start { |task, _| task.return_boolean(true) }
    assert(group.wait)
  end

  # Ruby takes no reference for a function that would take its instance over.
  def test_close
    1000.times do
      scope = GCtx::Scope.new(BACKGROUND)
      scope.close
      scope.close
      assert(scope.done?)
    end
    GC.start
  end

  def test_collected
    10_000.times do
      scope = GCtx::Scope.new(BACKGROUND.with_timeout(3600 * 1_000_000))
      scope.cancellable
      key("gint")
    end
    GC.start
  end

  def test_sample
    samples = File.read(ARGV[0]).scan(/^```ruby\n(.*?)^```$/m)
    assert(samples.length == 1)
    # By itself: to load a namespace twice is more than Ruby of Debian 13 can do.
    said = IO.popen([RbConfig.ruby, "-e", samples[0][0]], &:read)
    assert(said == "Ada directory\n", said)
  end
end

failed = false
tests = Tests.methods(false).grep(/^test_/).sort
puts "1..#{tests.length}"
tests.each.with_index(1) do |test, number|
  begin
    Tests.send(test)
    puts "ok #{number} #{test}"
  rescue StandardError, ScriptError => error
    failed = true
    puts "not ok #{number} #{test}"
    puts error.full_message(highlight: false).gsub(/^/, "# ")
  end
  $stdout.flush
end
exit !failed
