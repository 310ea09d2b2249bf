# _call.py: functions of GIO, run under a context
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import contextvars
import functools
import importlib
import inspect

from gi._gi import CallableInfo, CallbackInfo, Direction, Repository, TypeTag
from gi.module import get_introspection_module
from gi.repository import GLib

from . import _loops
from ._errors import error_of, own_of
from ._loops import PRIORITY_DEFAULT

_gctx = get_introspection_module('GCtx')

_Context = _gctx.Context
_Scope = _gctx.Scope

# Where the name does not tell. The typelib knows since GLib 2.80, PyGObject does
# not pass it on.
_FINISH = {
    'GdkPixbuf.Pixbuf.new_from_stream_at_scale_async': 'new_from_stream_finish',
    'GdkPixbuf.Pixbuf.save_to_streamv_async': 'save_to_stream_finish',
    'Gio.DataInputStream.read_line_async': 'read_line_finish_utf8',
    'Gio.File.replace_contents_bytes_async': 'replace_contents_finish',
}


def _interface(arg):
    """The type of an argument as 'Gio.Cancellable', and its info; None for what is
    no object, callback or the like."""
    kind = arg.get_type()
    if kind.get_tag() != TypeTag.INTERFACE:
        return None, None
    info = kind.get_interface()
    return '%s.%s' % (info.get_namespace(), info.get_name()), info


class _Layout:
    """What a function takes, of which we pass some and the caller the rest."""

    def __init__(self, info):
        self.namespace = info.get_namespace()
        self.container = info.get_container()
        self.short_name = info.get_name()
        self.name = '.'.join([self.namespace, *([self.container.get_name()] if self.container else []),
                              self.short_name])
        self.is_method = info.is_method()
        self.cancellable = self.context = self.callback = self.result = None
        # By name: what the caller passes, and of what is called back for no answer, how
        # many arguments that takes; None where all that come are its own.
        self.arguments = []
        self.listeners = {}
        # What was found beside it: their layouts, by name.
        self.beside = {}
        # From GLib 2.82 on copy_async() and move_async() take closures for the same.
        self.aliases = {}

        arguments = list(info.get_arguments())
        hidden = set()
        for arg in arguments:
            hidden.add(arg.get_destroy())
            hidden.add(arg.get_type().get_array_length())
            # The data of a callback names its callback in turn in some typelibs.
            if isinstance(_interface(arg)[1], CallbackInfo):
                hidden.add(arg.get_closure())

        for i, arg in enumerate(arguments):
            if arg.get_direction() == Direction.OUT or i in hidden:
                continue
            name = arg.get_name()
            kind, info = _interface(arg)
            if kind == 'Gio.Cancellable' and self.cancellable is None:
                self.cancellable = name
            elif kind == 'GCtx.Context' and self.context is None:
                self.context = name
            elif (kind == 'Gio.AsyncReadyCallback' or kind == 'GObject.Closure' and 'ready' in name) \
                    and self.callback is None:
                self.callback = name
            elif kind == 'Gio.AsyncResult' and self.result is None:
                self.result = name
            else:
                self.arguments.append(name)
                if kind == 'GObject.Closure':
                    self.aliases[name.removesuffix('_closure')] = name
                if isinstance(info, CallbackInfo) and info.get_return_type().get_tag() == TypeTag.VOID:
                    # For user data that nobody gave PyGObject passes None.
                    self.listeners[name] = sum(arg.get_closure() < 0 for arg in info.get_arguments())
                elif kind == 'GObject.Closure' and 'progress' in name:
                    self.listeners[name] = None

    @property
    def owner(self):
        """The class that it belongs to, or the module."""
        module = importlib.import_module('gi.repository.' + self.namespace)
        return getattr(module, self.container.get_name()) if self.container else module

    def find(self, name):
        """The function called `name` beside this one, and its layout, or None."""
        owner = self.owner
        if not hasattr(owner, name):
            return None
        layout = self.beside.get(name)
        if layout is None:
            if self.container:
                # PyGObject makes an object for each of them, which takes its time.
                infos = [info for info in self.container.get_methods() if info.get_name() == name]
                info = infos[0] if infos else None
            else:
                info = Repository.get_default().find_by_name(self.namespace, name)
            if not isinstance(info, CallableInfo):
                return None
            layout = self.beside[name] = _Layout(info)
        return getattr(owner, name), layout

    def finish_name(self):
        """What is called to finish this one, if nobody says otherwise."""
        return _FINISH.get(self.name) or self.short_name.removesuffix('_async') + '_finish'

    def arrange(self, args, kwargs):
        """All that the caller passes, by name."""
        if len(args) > len(self.arguments):
            raise TypeError('%s() is called for you with its cancellable, context and callback; beside these '
                            'it takes %s, and %d arguments were given' %
                            (self.name, ', '.join(self.arguments) or 'nothing', len(args)))
        arranged = dict(zip(self.arguments, args))
        for name, value in kwargs.items():
            name = self.aliases.get(name, name)
            if name in (self.cancellable, self.context, self.callback):
                raise TypeError('the argument %r of %s() is passed for you' % (name, self.name))
            if name in arranged:
                raise TypeError('%s() got two values for the argument %r' % (self.name, name))
            arranged[name] = value
        if 'io_priority' in self.arguments:
            arranged.setdefault('io_priority', PRIORITY_DEFAULT)
        for name in self.aliases.values():
            arranged.setdefault(name, None)
        return arranged


@functools.lru_cache(maxsize=512)
def _layout(namespace, container, name):
    repository = Repository.get_default()
    if container is None:
        info = repository.find_by_name(namespace, name)
    else:
        infos = repository.find_by_name(namespace, container).get_methods()
        info = next(info for info in infos if info.get_name() == name)
    return _Layout(info)


def _introspected(function):
    """What the typelib knows of it, if it is of a typelib, or wraps such a one."""
    return inspect.unwrap(getattr(function, '__func__', function))


class _Function:
    """A function that was given to `call` or `call_sync`, and what it is called with."""

    def __init__(self, function, args, kwargs):
        if not callable(function):
            raise TypeError('a function is needed, not %s' % type(function).__name__)
        self.function = function
        self.layout = None
        self.instance = None
        # What wraps a function of the typelib, and says so, is as good as that.
        info = _introspected(function)
        if isinstance(info, CallableInfo):
            container = info.get_container()
            self.layout = _layout(info.get_namespace(), container and container.get_name(), info.get_name())
            self.name = self.layout.name
            self.instance = getattr(function, '__self__', None)
            self.positional = ()
            if self.layout.is_method and self.is_unbound(info):
                if not args:
                    raise TypeError('%s() needs an instance' % self.name)
                self.instance = args[0]
                self.positional = args[:1]
                args = args[1:]
            self.keywords = self.layout.arrange(args, kwargs)
            self.cancellable = self.layout.cancellable
            self.context = self.layout.context
            self.callback = self.layout.callback
        else:
            self.name = getattr(function, '__qualname__', repr(function))
            self.positional = args
            self.keywords = dict(kwargs)
            self.context = None
            self.cancellable = self.parameter('cancellable')
            self.callback = self.parameter('callback')

    def is_unbound(self, info):
        # A bound function of the typelib knows its instance but does not tell.
        if info is not self.function:
            return self.instance is None
        return getattr(self.layout.owner, self.layout.short_name, None) is self.function

    def parameter(self, name):
        """`name`, if a function written in Python can be given that."""
        try:
            parameters = inspect.signature(self.function).parameters
        except (TypeError, ValueError):
            return None
        if name in self.keywords:
            raise TypeError('the argument %r of %s() is passed for you' % (name, self.name))
        if name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            return name
        return None

    def find_finish(self, finish):
        """What makes a result of the GAsyncResult: called with source and result."""
        if finish is None or isinstance(finish, str):
            if self.layout is None:
                raise TypeError('%s() is written in Python, so what finishes it has to be told: '
                                'give that as finish=' % self.name)
            name = finish or self.layout.finish_name()
            found = self.layout.find(name)
            if found is None:
                raise TypeError('%s() has no %s() beside it: give what finishes it as finish=' % (self.name, name))
            return self.finisher(*found)
        if not callable(finish):
            raise TypeError('finish= is a function or the name of one, not %s' % type(finish).__name__)
        info = _introspected(finish)
        if not isinstance(info, CallableInfo):
            if inspect.ismethod(finish):
                return lambda source, result: finish(result)
            return finish
        container = info.get_container()
        layout = _layout(info.get_namespace(), container and container.get_name(), info.get_name())
        if layout.is_method and getattr(layout.owner, layout.short_name, None) is not finish:
            return lambda source, result: finish(result)
        return self.finisher(finish, layout)

    def finisher(self, function, layout):
        def finish(source, result):
            if self.instance is not None:
                source = self.instance
            if layout.is_method:
                return function(source, result)
            # A function of the namespace may want its first object again.
            again = [self.keywords.get(name, source) for name in layout.arguments]
            return function(*again, result)

        return finish

    def start(self, context, cancellable, callback=None, keywords=None):
        keywords = dict(self.keywords if keywords is None else keywords)
        if self.cancellable is not None:
            keywords[self.cancellable] = cancellable
        if self.context is not None:
            keywords[self.context] = context
        if callback is not None:
            keywords[self.callback] = callback
        return self.function(*self.positional, **keywords)


def _raise(context, error):
    own = own_of(context, error)
    try:
        if own is error:
            raise error
        raise own from error
    finally:
        # The traceback leads to this frame, which must not lead back.
        del own, error


def _settle(future, *outcome):
    # Too late for one whose waiter has left; whose loop is closed, not even that.
    if not future.done():
        future.set_result(outcome)


async def call(self, function, /, *args, finish=None, **kwargs):
    """Runs an asynchronous function of GIO, or made like GIO's, under the context.

        contents = await ctx.call(file.load_contents_async)
        bus = await ctx.call(Gio.bus_get, Gio.BusType.SESSION)
        await ctx.call(file.copy_async, to, Gio.FileCopyFlags.NONE, progress_callback=show)

    Pass the function, and after it what it takes, without its cancellable, callback
    and, if it is one of GCtx, context; an `io_priority` may be left out. Returns what
    its finish function returns, a leading True included where PyGObject gives one.
    The finish function is found by its name; otherwise name it, or give it, as
    `finish`: a function of source and result, or a bound method of the result alone.

    Raises what the operation raises, and the context's own error where it says that
    it was cancelled and the context is done. When the context is done that error is
    raised even if the operation does not heed its cancellable; it is left to end by
    itself then, and what comes of it is dropped.

    Cancelling the task that waits here ends this operation, and neither the context
    nor anything else that runs under it.
    """
    operation = _Function(function, args, kwargs)
    if operation.callback is None:
        raise TypeError('%s() takes no callback, so it is not asynchronous: see call_sync()' % operation.name)
    finisher = operation.find_finish(finish)
    error = error_of(self)
    if error is not None:
        raise error

    home = _loops.here()
    future = home.loop.create_future()
    variables = contextvars.copy_context()
    # One of its own for each operation. That a scope is given to GCtx's functions,
    # too, and its cancellable shows the values even of a context that never ends.
    scope = _Scope.new(self)
    # Before the after-func: what is told of the end, is told in the order of its making.
    cancellable = scope.get_cancellable()

    def on_ready(source, result, *_):
        try:
            outcome = finisher(source, result), None
        except BaseException as raised:
            outcome = None, raised
        home.tell(_settle, future, *outcome)

    def start():
        if future.done():
            return
        try:
            operation.start(scope, cancellable, on_ready, _listening(operation, home, variables))
        except BaseException as raised:
            home.tell(_settle, future, None, raised)

    number = self.add_after_func_full(home.context, home.last_priority,
                                      lambda context: home.tell(_settle, future))
    try:
        home.invoke(functools.partial(variables.run, start))
        outcome = await future
    except BaseException:
        scope.cancel()
        raise
    finally:
        self.remove_after_func(number)

    try:
        if not outcome:
            raise error_of(self)
        result, error = outcome
        if error is not None:
            _raise(self, error)
        return result
    finally:
        del outcome, error


def _listening(operation, home, variables):
    """The arguments, with what listens to progress called in the loop's thread."""
    keywords = dict(operation.keywords)
    for name, count in operation.layout.listeners.items() if operation.layout else ():
        listener = keywords.get(name)
        if callable(listener):
            keywords[name] = _relay(listener, home, variables, count)
    return keywords


def _relay(listener, home, variables, count=None):
    return lambda *args: home.tell(listener, *args[:count], context=variables.copy())


def call_sync(self, function, /, *args, **kwargs):
    """Runs a blocking function of GIO, or made like GIO's, under the context.

        contents = ctx.call_sync(file.load_contents)
        bus = ctx.call_sync(Gio.bus_get_sync, Gio.BusType.SESSION)

    Pass the function, and after it what it takes, without its cancellable or context.
    Returns what it returns, and raises what it raises, and the context's own error
    where it says that it was cancelled and the context is done.
    """
    operation = _Function(function, args, kwargs)
    if operation.callback is not None and operation.layout is not None:
        raise TypeError('%s() is asynchronous: use "await ctx.call()"' % operation.name)
    if operation.cancellable is None and operation.context is None:
        raise TypeError('%s() takes neither a cancellable nor a context, so nothing could end it' % operation.name)
    error = error_of(self)
    if error is not None:
        raise error
    _loops.check_process()
    try:
        return operation.start(self, self.create_cancellable())
    except GLib.Error as raised:
        own = own_of(self, raised)
        if own is raised:
            raise
        raise own from raised


_Context.call = call
_Context.call_sync = call_sync
