# test-stubs.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The type stubs: what mypy makes of them, and whether they tell the truth."""

import ast
import glob
import importlib.util
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import gi

gi.require_version('GCtx', '1')
from gi._gi import CallableInfo, CallbackInfo, Direction, Repository  # noqa: E402
from gi.repository import GCtx, Gio, GLib, GObject  # noqa: E402

import tap  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, '..', '..', '..')
PACKAGES = os.path.join(TOP, 'bindings', 'python')
STUB = os.path.join(PACKAGES, 'gi-stubs', 'repository', 'GCtx.pyi')
TYPING = os.path.join(HERE, 'typing')
USES = os.path.join(TYPING, 'uses.py')
MISUSES = os.path.join(TYPING, 'misuses.py')
# Has stubs of gi as those of PyGObject-stubs are: in the same layout, with interfaces
# that are protocols, enumerations of Python's, and overloads of asynchronous functions.
BESIDE = os.path.join(TYPING, 'beside')


def read(path):
    with open(path) as file:
        return file.read()


def marks(text, beside):
    """What is to be said of each line: sets of codes, each as 'this|or-that'."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        mark = re.search(r'# E( beside)?: (.*)', line)
        if mark and (beside or not mark[1]):
            found[number] = set(mark[2].split(', '))
    return found


def differences(said, marked):
    """In words, where mypy says something else than the marks."""
    for number in sorted({*said, *marked}):
        codes, wanted = said.get(number, set()), marked.get(number, set())
        missing = {want for want in wanted if not codes & set(want.split('|'))}
        known = {code for want in wanted for code in want.split('|')}
        if missing or codes - known:
            yield 'line %d: %s, not %s' % (number, sorted(codes) or 'accepted', sorted(wanted) or 'accepted')


@unittest.skipUnless(importlib.util.find_spec('mypy'), 'no mypy')
class TestMypy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.directory = directory.name

    def mypy(self, where, *files, packages=PACKAGES):
        """What mypy --strict says: by file, by line, the codes."""
        environment = {name: value for name, value in os.environ.items() if name != 'MYPYPATH'}
        environment['PYTHONPATH'] = os.pathsep.join(
            {'alone': [packages], 'before': [packages, BESIDE], 'behind': [BESIDE, packages],
             'among': [os.path.join(self.directory, 'among')]}[where])
        done = subprocess.run(
            [sys.executable, '-m', 'mypy', '--strict', '--config-file=', '--show-error-codes', '--no-pretty',
             '--no-color-output', '--no-error-summary', '--hide-error-context', '--no-silence-site-packages',
             # What it has found in one place is no good in another.
             '--cache-dir', os.path.join(self.directory, where + str(len(packages))), *files],
            capture_output=True, text=True, cwd=self.directory, env=environment)
        self.assertEqual(done.stderr, '')
        said = {}
        for line in done.stdout.splitlines():
            match = re.match(r'(.*?):(\d+): (?:error|note): ', line)
            self.assertTrue(match, line)
            code = re.search(r': error: .*\[([a-z-]+)\]$', line)
            # mypy's own stubs are not always free of errors.
            if code and '/typeshed/' not in match[1]:
                said.setdefault(os.path.basename(match[1]), {}).setdefault(int(match[2]), set()).add(code[1])
        return said

    def check(self, where):
        beside = where != 'alone'
        said = self.mypy(where, USES, MISUSES)
        self.assertEqual(list(differences(said.pop('misuses.py'), marks(read(MISUSES), beside))), [])
        if not beside:
            # GObject.Object and GLib.Error are Any, and cannot be told from a mistake.
            self.assertEqual(set.union(*said.pop('GCtx.pyi').values()), {'misc'})
        self.assertEqual(said, {})

    def test_alone(self):
        self.check('alone')

    def test_before_others(self):
        self.check('before')

    def test_behind_others(self):
        self.check('behind')

    def test_among_others(self):
        """Both in one directory, as site-packages is one."""
        for packages in BESIDE, PACKAGES:
            shutil.copytree(packages, os.path.join(self.directory, 'among'), dirs_exist_ok=True)
        self.check('among')

    def test_neighbours(self):
        """A program that knows nothing of GCtx has nothing to suffer from it."""
        program = os.path.join(self.directory, 'neighbour.py')
        with open(program, 'w') as file:
            file.write("import gi\ngi.require_version('Gtk', '3.0')\nfrom gi.repository import Gdk, Gtk\n"
                       'print(Gtk.Window(), Gdk.KEY_a)\n')
        for where in 'alone', 'before', 'behind':
            self.assertEqual(self.mypy(where, program), {}, where)

    def test_examples(self):
        """They are written without annotations, and have no mistake."""
        examples = glob.glob(os.path.join(TOP, 'examples', 'languages', 'fetch*.py'))
        if not examples:
            self.skipTest('no examples')
        said = self.mypy('alone', *examples)
        said.pop('GCtx.pyi', None)
        self.assertEqual({name: codes for name, lines in said.items()
                          if (codes := set.union(*lines.values()) - {'no-untyped-def', 'no-untyped-call'})}, {})

    def test_page(self):
        """The sample of docs/python.md has the errors that it says it has, and no other."""
        page = read(os.path.join(TOP, 'docs', 'python.md'))
        code = re.search(r'^## Types\n.*?^```python\n(.*?)^```', page, re.MULTILINE | re.DOTALL)[1]
        program = os.path.join(self.directory, 'sample.py')
        with open(program, 'w') as file:
            file.write('from gi.repository import GCtx\n' + code)
        marked = {number for number, line in enumerate(code.splitlines(), 2) if '# error' in line}
        self.assertEqual(set(self.mypy('before', program)['sample.py']), marked)

    def test_doctored(self):
        """A misuse that is accepted is noticed, and a use that is not."""
        text = read(STUB)
        packages = os.path.join(self.directory, 'doctored')
        os.makedirs(os.path.join(packages, 'gi-stubs', 'repository'))
        os.symlink(os.path.join(PACKAGES, 'gi'), os.path.join(packages, 'gi'))
        for old, new in (('seconds: float | None', 'seconds: Any'), ('async def done', 'def done'),
                         ('def is_done(self) -> bool', 'def is_done(self) -> str')):
            self.assertIn(old, text)
            text = text.replace(old, new)
        for name, content in ('py.typed', 'partial\n'), ('repository/GCtx.pyi', text):
            with open(os.path.join(packages, 'gi-stubs', name), 'w') as file:
                file.write(content)
        said = self.mypy('alone', USES, MISUSES, packages=packages)
        self.assertTrue(said.pop('uses.py'))
        found = ' '.join(differences(said['misuses.py'], marks(read(MISUSES), False)))
        lines = read(MISUSES).splitlines()
        for line in "GCtx.timeout('2') ", '    ctx.done() ':
            number, = (n for n, other in enumerate(lines, 1) if other.startswith(line))
            self.assertIn('line %d: accepted' % number, found)


# What a function takes: name, kind, and whether it may be left out.
POSITIONAL, EITHER, REST, KEYWORD, KEYWORDS = 'positional', 'either', '*', 'keyword', '**'
KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: POSITIONAL,
    inspect.Parameter.POSITIONAL_OR_KEYWORD: EITHER,
    inspect.Parameter.VAR_POSITIONAL: REST,
    inspect.Parameter.KEYWORD_ONLY: KEYWORD,
    inspect.Parameter.VAR_KEYWORD: KEYWORDS,
}


def introspected(info):
    """The parameters of a function of C, as PyGObject takes them."""
    arguments = list(info.get_arguments())
    hidden, data = set(), set()
    for argument in arguments:
        hidden |= {argument.get_destroy(), argument.get_type().get_array_length()}
        data.add(argument.get_closure())
    shown = [(argument, i in data) for i, argument in enumerate(arguments)
             if i not in hidden and argument.get_direction() != Direction.OUT]
    # Only at the end may what is nullable be left out.
    optional, parameters = True, []
    for argument, is_data in reversed(shown):
        optional = optional and (is_data or argument.may_be_null())
        parameters.insert(0, (argument.get_name(), REST if is_data else EITHER, optional))
    return parameters


def real_function(owner, found):
    """How it is called, and what it takes."""
    function = found.__func__ if isinstance(found, (staticmethod, classmethod)) else found
    info = inspect.unwrap(function)
    if isinstance(info, CallableInfo):
        parameters = introspected(info)
        if not inspect.isclass(owner):
            how = 'function'
        elif info.is_constructor():
            how = 'classmethod'
        else:
            how = 'method' if info.is_method() else 'staticmethod'
        return how, parameters
    parameters = [(p.name, KINDS[p.kind], p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
                  for p in inspect.signature(function).parameters.values()]
    how = 'function'
    if inspect.isclass(owner):
        how = type(found).__name__ if function is not found else 'method'
        if how == 'staticmethod' and found is vars(owner).get('__new__'):
            how = 'method'
        if how != 'staticmethod':
            parameters = parameters[1:]
    return ('async ' if inspect.iscoroutinefunction(function) else '') + how, parameters


def real_members(owner):
    """What is there, by name: what it is, and what it takes."""
    members = {}
    if inspect.isclass(owner):
        found = dict(vars(owner))
        if issubclass(owner, Exception):
            # GLib.Error sets its attributes on each.
            found = {**vars(owner()), **found}
    else:
        infos = Repository.get_default().get_infos('GCtx')
        # The types of callbacks are nothing in Python.
        callbacks = {info.get_name() for info in infos if isinstance(info, CallbackInfo)}
        names = {*dir(owner), *(info.get_name() for info in infos)} - callbacks
        found = {name: getattr(owner, name) for name in names}
    for name, value in found.items():
        # Of the others the overrides have written some; object has all the same ones.
        special = name.startswith('__') and not hasattr(object, name) and not hasattr(GObject.Object, name)
        special = special or name in ('__init__', '__new__')
        if name.startswith('_') and not (special and inspect.isclass(owner)) or \
                name in ('__gtype__', '__info__', '__class_getitem__') or name == '__init__' and '__new__' in found:
            continue
        if special and not callable(value) and value is not None:
            continue
        if inspect.isclass(value):
            members[name] = 'class', list(dict.fromkeys(base.__name__ for base in value.__mro__))
        elif isinstance(value, property):
            members[name] = 'property', []
        elif callable(value) or isinstance(value, (staticmethod, classmethod)):
            members[name] = real_function(owner, value)
        else:
            members[name] = 'attribute', []
    return members


def said_function(node, in_class):
    decorators = [decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)]
    if 'property' in decorators:
        return 'property', []
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    parameters = [(a.arg, POSITIONAL if i < len(arguments.posonlyargs) else EITHER, i >= required)
                  for i, a in enumerate(positional)]
    if arguments.vararg:
        parameters.append((arguments.vararg.arg, REST, True))
    parameters += [(a.arg, KEYWORD, default is not None)
                   for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults)]
    if arguments.kwarg:
        parameters.append((arguments.kwarg.arg, KEYWORDS, True))
    how = 'function'
    if in_class:
        how = next((d for d in decorators if d in ('staticmethod', 'classmethod')), 'method')
        if how != 'staticmethod':
            parameters = parameters[1:]
    # These are the first of what comes with `*`, told apart for their types.
    parameters = [p for p in parameters if not p[0].startswith('__')]
    return ('async ' if isinstance(node, ast.AsyncFunctionDef) else '') + how, parameters


def joined(*overloads):
    """Several overloads in one. What is not in all of them may be left out."""
    names = dict.fromkeys(p[0] for overload in sorted(overloads, key=len, reverse=True) for p in overload)
    parameters = []
    for name in names:
        same = [p for overload in overloads for p in overload if p[0] == name]
        kinds = ' or '.join(dict.fromkeys(p[1] for p in same))
        parameters.append((name, kinds, len(same) < len(overloads) or any(p[2] for p in same)))
    return parameters


def said_members(body, in_class=False):
    members = {}
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            how, parameters = said_function(node, in_class)
            if node.name in members:
                parameters = joined(members[node.name][1], parameters)
            members[node.name] = how, parameters
        elif isinstance(node, ast.ClassDef) and not node.name.startswith('_'):
            members[node.name] = 'class', [ast.unparse(base).split('.')[-1] for base in node.bases]
        elif isinstance(node, ast.AnnAssign):
            members[node.target.id] = 'attribute', []
    members.pop('__class_getitem__', None)
    return members


def complaints(text):
    """In words, where the stub `text` is not the truth."""
    body = ast.parse(text).body
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    yield from compared('', real_members(GCtx), said_members(body))
    for name, node in classes.items():
        if name.startswith('_') or not hasattr(GCtx, name):
            continue
        said, real = said_members(node.body, True), real_members(getattr(GCtx, name))
        if said.get('__init__') == ('method', []) and issubclass(getattr(GCtx, name), GObject.Object):
            # Properties of a GObject are its only arguments, and there are none.
            del said['__init__']
            # One of ours only says so in better words.
            real.pop('__init__', None)
            if getattr(GCtx, name).list_properties():
                yield '%s: has properties' % name
        yield from compared(name + '.', real, said)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = {'Gio': Gio, 'GLib': GLib, 'GObject': GObject}.get(node.value.id)
            if module is not None and not hasattr(module, node.attr):
                yield '%s.%s: there is none' % (node.value.id, node.attr)


def compared(prefix, real, said):
    for name in sorted({*real, *said}):
        if name not in said:
            yield '%s%s: is not in the stub' % (prefix, name)
        elif name not in real:
            yield '%s%s: is in the stub alone' % (prefix, name)
        elif real[name][0] != said[name][0]:
            yield '%s%s: is a %s, not a %s' % (prefix, name, real[name][0], said[name][0])
        elif real[name][0] == 'class':
            bases = [base for base in said[name][1] if not base.startswith(('_', 'Generic'))]
            if [base for base in real[name][1] if base in bases] != bases:
                yield '%s%s: is made from %s, not %s' % (prefix, name, real[name][1], bases)
        elif real[name][1] != said[name][1]:
            yield '%s%s: takes %s, not %s' % (prefix, name, real[name][1], said[name][1])


class TestTruth(unittest.TestCase):
    def test_truth(self):
        self.assertEqual(list(complaints(read(STUB))), [])

    def test_constants(self):
        for node in ast.parse(read(STUB)).body:
            if isinstance(node, ast.AnnAssign):
                value = getattr(GCtx, node.target.id)
                self.assertEqual(node.annotation.id, type(value).__name__, node.target.id)

    def test_doctored(self):
        """A stub that is no longer true is noticed."""
        text = read(STUB)
        for old, new, complaint in (
                ('    def has_expired(self) -> bool: ...\n', '', 'Scope.has_expired: is not in'),
                ('def current() -> Context: ...\n', '', 'current: is not in'),
                ('VERSION_S: str', 'VERSION: str', 'VERSION_S: is not in'),
                ('class Group(', 'class Crowd(', 'Group: is not in'),
                ('    def to_string(self) -> str: ...\n', '    def to_string(self) -> str: ...\n'
                 '    def to_text(self) -> str: ...\n', 'Context.to_text: is in the stub alone'),
                ('timeout_usec: int', 'timeout: int', 'Context.with_timeout: takes'),
                ('cause: _Cause | None = None', 'cause: _Cause | None', 'Scope.cancel_with_cause: takes'),
                ('flags: Gio.DBusCallFlags,\n)', 'flags: Gio.DBusCallFlags = ...,\n)', 'dbus_proxy_call_sync: takes'),
                ('default: _D', 'otherwise: _D', 'Context.get: takes'),
                ('type: type[_T]', 'kind: type[_T]', 'Key.__new__: takes'),
                ('        *user_data: Any,\n', '', 'Context.wait_async: takes'),
                ('        /,\n', '', 'Context.call: takes'),
                ('async def wrap', 'def wrap', 'Context.wrap: is a async'),
                ('    @staticmethod\n    def todo()', '    def todo(self)', 'Context.todo: is a static'),
                ('    @property\n    def remaining', '    def remaining', 'Context.remaining: is a property'),
                ('class TimedOut(GLib.Error, TimeoutError)', 'class TimedOut(TimeoutError, GLib.Error)',
                 'TimedOut: is made from'),
                ('Gio.SocketConnection', 'Gio.SocketConection', 'Gio.SocketConection: there is none')):
            self.assertIn(old, text)
            found = list(complaints(text.replace(old, new)))
            self.assertTrue(any(line.startswith(complaint) for line in found), (complaint, found))


if __name__ == '__main__':
    tap.run(TestTruth, TestMypy)
