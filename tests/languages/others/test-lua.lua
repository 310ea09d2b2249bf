-- test-lua.lua
--
-- Copyright 2026 the GCtx authors
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- usage: test-lua.lua PAGE
--
-- What docs/other-languages.md says works in Lua, and the sample there.

local lgi = require 'lgi'
local GCtx, Gio, GLib, GObject = lgi.GCtx, lgi.Gio, lgi.GLib, lgi.GObject

local background = GCtx.Context.background()

local function value(type, content)
  return GObject.Value(type, content)
end

local function iterate_until(condition)
  while not condition() do
    GLib.MainContext.default():iteration(true)
  end
end

local function samples(path)
  local page = assert(io.open(path)):read('a')
  return page:gmatch('\n```lua\n(.-)\n```\n')
end

local tests = {}

function tests.tree()
  local scope = GCtx.Scope.new(background)
  local child = scope:with_timeout(3600 * 1000000)
  local sibling = GCtx.Scope.new(background)
  assert(not background:is_done() and not child:is_done())
  assert(scope:cancel())
  assert(not scope:cancel())
  assert(child:is_done() and not sibling:is_done())
  assert(GCtx.Scope():cancel(), 'a bare one is a child of the background')
end

function tests.errors()
  local scope = GCtx.Scope.new(background)
  assert(scope:check() == true and scope:get_error() == nil)
  scope:cancel()
  local going_on, err = scope:check()
  assert(going_on == false)
  assert(err:matches(Gio.IOErrorEnum, 'CANCELLED'))
  assert(err.domain == Gio.IOErrorEnum and err.code == 'CANCELLED')

  going_on, err = background:with_timeout(0):check()
  assert(going_on == false and err:matches(Gio.IOErrorEnum, 'TIMED_OUT'))
end

function tests.values()
  local cancellable = Gio.Cancellable()
  local cases = {
    { GObject.Type.STRING, 'Ada', 'get_string' },
    { GObject.Type.BOOLEAN, true, 'get_boolean' },
    { GObject.Type.INT, -7, 'get_int' },
    { GObject.Type.INT64, 1 << 40, 'get_int64' },
    { GObject.Type.DOUBLE, 1.5, 'get_double' },
    { GObject.Type.OBJECT, cancellable, 'get_object' },
    { Gio.Cancellable, cancellable, 'get_object' },
  }
  for _, case in ipairs(cases) do
    local type, content, getter = table.unpack(case)
    local gtype = type == Gio.Cancellable and Gio.Cancellable._gtype or type
    local key = GCtx.Key.new('key', gtype)
    local context = background:with_value(key, value(gtype, content))
    assert(context[getter](context, key) == content, getter)
    assert(context:get_value(key).value == content, getter)
    assert(context:has_value(key) and not background:has_value(key))
  end

  local bytes = GCtx.Key.new('bytes', GLib.Bytes._gtype)
  local context = background:with_value(bytes, value(GLib.Bytes, GLib.Bytes.new('abc')))
  assert(context:get_value(bytes).value:get_size() == 3)

  local name, size = GCtx.Key.new('name', GObject.Type.STRING), GCtx.Key.new('size', GObject.Type.INT)
  context = background:with_values({ name, size },
    { value(GObject.Type.STRING, 'Ada'), value(GObject.Type.INT, 7) })
  assert(context:get_string(name) == 'Ada' and context:get_int(size) == 7)
  assert(context:to_string() == 'background.value(name, size)')
  assert(GCtx.Context.from_cancellable(context:get_cancellable()):is_done() == false)
end

function tests.what_is_refused()
  local key = GCtx.Key.new('key', GObject.Type.STRING)
  assert(not pcall(background.with_value, background, key, 'a plain string'))
  assert(not pcall(GCtx.Key))
  assert(not pcall(GCtx.Scope.new))
  assert(not pcall(GCtx.Scope.new, key))
end

function tests.lookup()
  local key = GCtx.Key.new('user', GObject.Type.STRING)
  local context = background:with_lookup(GObject.Closure(function(asked)
    return value(GObject.Type.STRING, 'Ada')
  end))
  assert(context:get_string(key) == 'Ada')
end

function tests.after_func()
  local scope, seen = GCtx.Scope.new(background), nil
  local unwanted = scope:add_after_func(function() seen = 'unwanted' end)
  scope:add_after_func(function(context) seen = context end)
  assert(scope:remove_after_func(unwanted))
  scope:cancel()
  assert(seen == nil)
  iterate_until(function() return seen end)
  assert(seen == scope)
end

function tests.timeout()
  local context, seen = background:with_timeout(20000), nil
  context:add_after_func(function(done) seen = done:get_error() end)
  iterate_until(function() return seen end)
  assert(seen:matches(Gio.IOErrorEnum, 'TIMED_OUT'))
end

function tests.operation()
  local context, answer = background:with_timeout(-1), nil
  Gio.File.new_for_path('/'):query_info_async('standard::type', 'NONE', 0, context:get_cancellable(),
    function(file, result) answer = { file:query_info_finish(result) } end)
  iterate_until(function() return answer end)
  assert(not answer[1] and answer[2]:matches(Gio.IOErrorEnum, 'CANCELLED'))
  assert(context:get_error():matches(Gio.IOErrorEnum, 'TIMED_OUT'))
end

function tests.wait()
  local scope, finished = GCtx.Scope.new(background), nil
  scope:wait_async(nil, function(_, result) finished = scope:wait_finish(result) end)
  scope:cancel()
  iterate_until(function() return finished ~= nil end)
  assert(finished == true)
end

function tests.group()
  local group = GCtx.Group.new(background)
  group:start(function(task) task:return_boolean(true) end)
  assert(group:wait() == true)
end

-- lgi takes no reference for a function that would take its instance over.
function tests.close()
  for _ = 1, 1000 do
    local scope = GCtx.Scope.new(background)
    scope:close()
    scope:close()
    assert(scope:is_done())
  end
  collectgarbage()
end

function tests.collected()
  for _ = 1, 10000 do
    local scope = GCtx.Scope.new_with_timeout(background, 3600 * 1000000)
    scope:get_cancellable()
    GCtx.Key.new('key', GObject.Type.INT)
  end
  collectgarbage()
end

function tests.sample()
  local n_samples, print_ = 0, print
  for sample in samples(arg[1]) do
    local said
    print = function(...) said = table.concat({ ... }, ' ') end
    local done, err = pcall(assert(load(sample)))
    print = print_
    assert(done, err)
    assert(said == 'Ada DIRECTORY', said)
    n_samples = n_samples + 1
  end
  assert(n_samples == 1)
end

local names, failed = {}, false
for name in pairs(tests) do
  names[#names + 1] = name
end
table.sort(names)
print('1..' .. #names)
for number, name in ipairs(names) do
  local ok, err = xpcall(tests[name], debug.traceback)
  print((ok and 'ok ' or 'not ok ') .. number .. ' ' .. name)
  if not ok then
    failed = true
    print('# ' .. tostring(err):gsub('\n', '\n# '))
  end
end
os.exit(not failed)
