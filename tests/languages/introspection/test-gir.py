# test-gir.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""usage: test-gir.py GIR SYMBOLS FILE...

Holds the GIR and the doc comments of the FILEs that it was made of against what
other languages need, and shows that each rule can be broken. SYMBOLS is the
test that knows how to read a header."""

import importlib.machinery
import importlib.util
import re
import sys
import unittest

import gir_rules
import tap

# What no other language can use, and why that is right.
C_ONLY = {
    'gctx_context_get_boxed': 'get_value () gives it with its type; by itself it is a bare pointer',
    'gctx_context_get_pointer': 'only C knows what it points to',
    'gctx_key_new_static': 'no other language has strings that stay as long as the process',
    'gctx_key_ref': 'other languages count by themselves',
    'gctx_key_unref': 'other languages count by themselves; those that do not copy what they hand '
                      'over (Lua, Ruby) would use a key that is freed',
}

# What other languages can see and breaks a rule, and why that is right.
ODD = {
    'gctx_task_new': 'it takes the callback of the task that it makes; that task is what finishes',
    'gctx_task_propagate_pointer': 'as in GIO; Vala casts it, and the others use propagate_value ()',
}

# What is in a header and can be in no GIR, and why it needs no doc comment.
PLAIN = {
    r'GCTX_(TYPE|IS)_\w+|GCTX_(CONTEXT|GROUP|SCOPE)|g_autoptr\(.*\)': 'every type has them',
    r'GCTX_VERSION_(\d+_\d+|CUR_STABLE)': 'GCTX_VERSION_MIN_REQUIRED tells what they are for',
    r'GCtxScopeCloser': 'the doc comment of GCtxScope tells of it',
}

# In the examples of what there is not yet: the end of a tag, a type, a result.
TOLD = 'version="1.2"><doc>x</doc>'
POINTER = '<type name="gpointer" c:type="gpointer"/>'
NOTHING = '<return-value transfer-ownership="none"><type name="none"/></return-value>'

# What is changed, by which substitution, and what is then said.
CASES = [
    ('docs of a function', r'(?s)(<method name="check".*?)<doc.*?</doc>', r'\1', 'gctx_context_check has no doc comment'),
    ('docs of a class', r'(?s)(<class name="Scope".*?)<doc.*?</doc>', r'\1', 'GCtxScope has no doc comment'),
    ('docs of a record', r'(?s)(<record name="Key".*?)<doc.*?</doc>', r'\1', 'GCtxKey has no doc comment'),
    ('docs of a callback', r'(?s)(<callback name="LookupFunc".*?)<doc.*?</doc>', r'\1', 'GCtxLookupFunc has no doc comment'),
    ('docs of a constant', r'(?s)(<constant name="SUBPROCESS_GRACE".*?)<doc.*?</doc>', r'\1',
     'GCTX_SUBPROCESS_GRACE has no doc comment'),
    ('docs of a macro', r'(?s)(<function-macro name="DEFINE_KEY".*?)<doc.*?</doc>', r'\1', 'GCTX_DEFINE_KEY has no doc comment'),
    ('docs of a property', r'</class>', '<property name="depth" version="1.2"><type name="gint"/></property></class>',
     'GCtxContext:depth has no doc comment'),
    ('docs of a signal', r'</class>', '<glib:signal name="done" version="1.2"><return-value transfer-ownership="none">'
     '<type name="none"/></return-value></glib:signal></class>', 'GCtxContext:done has no doc comment'),
    ('docs of a value', r'</namespace>', '<enumeration name="Count" c:type="GCtxCount" version="1.2"><doc>x</doc>'
     '<member name="one" value="1" c:identifier="GCTX_ONE"/></enumeration></namespace>', 'GCTX_ONE has no doc comment'),
    ('docs of a parameter', r'(?s)(<parameter name="timeout_usec".*?)<doc.*?</doc>', r'\1',
     '(@timeout_usec) is not explained'),
    ('docs of a result', r'(?s)(c:identifier="gctx_context_check".*?<return-value[^>]*>\s*)<doc.*?</doc>', r'\1',
     'gctx_context_check (its result) is not explained'),
    ('Since of a function', r'(c:identifier="gctx_context_check"\s+)version="1.0"', r'\1', 'gctx_context_check has no "Since:"'),
    ('Since of a class', r'(c:type="GCtxScope"\s+)version="1.0"', r'\1', 'GCtxScope has no "Since:"'),
    ('Since of a constant', r'(c:type="GCTX_SUBPROCESS_GRACE"\s+)version="1.0"', r'\1', 'GCTX_SUBPROCESS_GRACE has no "Since:"'),
    ('transfer', r'(?s)(c:identifier="gctx_scope_new".*?<return-value) transfer-ownership="full"', r'\1',
     'gctx_scope_new (its result) has no transfer-ownership'),
    ('a guessed transfer', r'(Returns: )\(transfer full\)(: the context\n)', r'\1\2',
     'leaves the scanner to guess who owns it'),
    ('a guessed transfer of an (out)', r'(@stdout_buf: .*) \(transfer full\)', r'\1',
     '(@stdout_buf) leaves the scanner to guess who owns it'),
    ('a nullable lost', r'(?s)(name="bus_name"\s+transfer-ownership="none")\s+nullable="1"', r'\1',
     '(@bus_name) may be NULL by its description, but is not nullable'),
    ('a nullable too much', r'(?s)(name="object_path"\s+transfer-ownership="none")', r'\1 nullable="1"',
     "(@object_path) is nullable, but its description does not say"),
    ('a nullable result lost', r'(?s)(c:identifier="gctx_context_get_error".*?transfer-ownership="none")\s+nullable="1"', r'\1',
     'gctx_context_get_error (its result) may be NULL'),
    ('a nullable result too much', r'(?s)(c:identifier="gctx_context_to_string".*?<return-value transfer-ownership="full")',
     r'\1 nullable="1"', 'gctx_context_to_string (its result) is nullable, but'),
    ('a nullable callback lost', r'(?s)(name="destroy"\s+transfer-ownership="none")\s+nullable="1"', r'\1',
     '(@destroy) may be NULL by its description, but is not nullable'),
    ('a function for C only', r'(c:identifier="gctx_context_check")', r'\1 introspectable="0"',
     'gctx_context_check is out of reach of other languages'),
    ('a type for C only', r'(<callback name="LookupFunc")', r'\1 introspectable="0"', 'GCtxLookupFunc is out of reach'),
    ('a twin that cannot be seen', r'(c:identifier="gctx_context_with_valuesv")', r'\1 introspectable="0"',
     'gctx_context_with_values is shadowed by with_valuesv, which other languages cannot see'),
    ('a twin that is gone', r'shadows="with_values"', '', 'gctx_context_with_values is shadowed by with_valuesv, which'),
    ('C only no more', r'(?s)(c:identifier="gctx_context_get_boxed"\s+version="1.0"\s+)introspectable="0"', r'\1',
     'gctx_context_get_boxed is in the list of what is for C only, but'),
    ('C only and gone', r'gctx_key_new_static', 'gctx_key_new_fixed', 'gctx_key_new_static is in the list of what is for C only'),
    ('an excuse too many', r'(<type name=)"gpointer"( c:type="gpointer"/>\s+</return-value>\s+<parameters>\s+<parameter name="task")',
     r'\1"GObject.Object"\2', 'gctx_task_propagate_pointer is excused without need'),
    ('a callback without scope', r'(?s)(<parameter name="func"\s+transfer-ownership="none")\s+scope="notified"', r'\1',
     '(@func) is a callback without a (scope)'),
    ('a callback without closure', r'(scope="notified")\s+closure="1"', r'\1', '(@func) is a callback without a (closure)'),
    ('a callback without destroy', r'(scope="notified"\s+closure="1")\s+destroy="2"', r'\1',
     '(@func) is a callback without a (destroy)'),
    ('a loose destroy', r'(scope="notified"\s+closure="1")\s+destroy="2"', r'\1',
     '(@destroy) is not the (destroy) of any callback'),
    ('a wrong closure', r'(scope="notified"\s+)closure="1"', r'\1closure="2"', 'is a callback whose (closure) is no gpointer'),
    ('a wrong destroy', r'(scope="notified"\s+closure="1"\s+)destroy="2"', r'\1destroy="1"',
     'is a callback whose (destroy) is no GDestroyNotify'),
    ('a callback type without data', r'(?s)(<callback name="AfterFunc".*?)closure="1"', r'\1',
     'GCtxAfterFunc is a callback that is given no data'),
    ('no finish function', r'(<method name=")wait_finish(")', r'\1wait_end\2', 'is asynchronous, but there is no wait_finish'),
    ('a finish function of nothing', r'(?s)(c:identifier="gctx_context_wait_finish".*?)GAsyncResult\*', r'\1GObject*',
     'gctx_context_wait_async is asynchronous, but there is no wait_finish that takes its result'),
    ('a finish function for C only', r'(c:identifier="gctx_context_sleep_finish")', r'\1 introspectable="0"',
     'gctx_context_sleep_async is asynchronous, but there is no sleep_finish'),
    ('no (out) for a number', r'(<parameter name="deadline_usec")\s+direction="out"\s+caller-allocates="0"', r'\1',
     '(@deadline_usec) is written to, by its type, but has no (out)'),
    ('no (out) for a pointer', r'(<parameter name="stdout_buf")\s+direction="out"\s+caller-allocates="0"', r'\1',
     '(@stdout_buf) is written to, by its type, but has no (out)'),
    ('an (out) of nobody', r'(<parameter name="deadline_usec"\s+direction="out")\s+caller-allocates="0"', r'\1',
     '(@deadline_usec) is (out), but does not say who allocates it'),
    ('an (out) of the wrong one', r'(<parameter name="value"\s+direction="out"\s+)caller-allocates="1"', r'\1caller-allocates="0"',
     '(@value) is a GValue*, which is not for the function to allocate'),
    ('an array without length', r'<array length="1"( zero-terminated="0")', r'<array\1', 'is an array of a length that nobody knows'),
    ('an array of a wrong length', r'<array length="1"', '<array length="0"', 'is an array whose length is no number'),
    ('no array', r'(?s)<array [^>]*c:type="const int\*">.*?</array>', '<type name="gint" c:type="const int*"/>',
     '(@signums) points to numbers, but is no (array)'),
    ('no type of the elements', r'(?s)(<array [^>]*c:type="const int\*">).*?</array>', r'\1</array>',
     '(@signums) has no element-type'),
    ('a gpointer', r'(?s)(<parameter name="cancellable".*?)<type name="Gio.Cancellable" c:type="GCancellable\*"/>',
     r'\1<type name="gpointer" c:type="gpointer"/>', '(@cancellable) is a gpointer, which no other language can use'),
    ('a gpointer for a result', r'<type name="GObject.Object" c:type="gpointer"/>(?=\s+</return-value>)',
     '<type name="gpointer" c:type="gpointer"/>', 'gctx_context_get_object (its result) is a gpointer'),
    ('a record without a type', r'</namespace>', f'<record name="Thing" c:type="GCtxThing" {TOLD}</record></namespace>',
     'GCtxThing is a record without a GType'),
    ('a hidden record', r'</namespace>', f'<record name="Thing" c:type="GCtxThing" disguised="1" opaque="1" {TOLD}</record>'
     '</namespace>', 'GCtxThing is a record without a GType'),
    ('a method of a hidden record', r'</namespace>', '<record name="Thing" c:type="GCtxThing" disguised="1"><method name="go" '
     f'c:identifier="gctx_thing_go"><return-value>{POINTER}</return-value></method></record></namespace>',
     'gctx_thing_go (its result) has no transfer-ownership'),
    ('a method of the record of a class', r'</namespace>', '<record name="ScopeClass" glib:is-gtype-struct-for="Scope">'
     f'<method name="go" c:identifier="gctx_scope_class_go"><return-value>{POINTER}</return-value></method></record>'
     '</namespace>', 'gctx_scope_class_go (its result) is a gpointer'),
    ('a union without a type', r'</namespace>', f'<union name="Thing" c:type="GCtxThing" {TOLD}</union></namespace>',
     'GCtxThing is a union without a GType'),
    ('a class without a type', r'(<class name="Scope"[^>]*)glib:get-type="gctx_scope_get_type"', r'\1',
     'GCtxScope is a class without a GType'),
    ('a record in a record', r'</record>', '<record><field name="part"><type name="gint"/></field></record></record>',
     'GCtxKey:None is a record without a GType'),
    ('a boxed type without a record', r'</namespace>', '<glib:boxed glib:name="Thing" c:symbol-prefix="thing"></glib:boxed>'
     '</namespace>', ':Thing is a <boxed>, for which there is no rule'),
    ('an inline function', r'</namespace>', '<function-inline name="go" c:identifier="gctx_go"/></namespace>',
     'gctx_go is a <function-inline>, for which there is no rule'),
    ('an inline method', r'</class>', '<method-inline name="go" c:identifier="gctx_context_go"/></class>',
     'gctx_context_go is a <method-inline>, for which there is no rule'),
    ('what is new in a function', r'(c:identifier="gctx_context_check"[^>]*>)', r'\1<promise name="go"/>',
     'gctx_context_check:go is a <promise>, for which there is no rule'),
    ('Since of a value', r'</namespace>', '<enumeration name="Count" c:type="GCtxCount" version="1.2"><doc>x</doc>'
     '<member name="one" value="1" c:identifier="GCTX_ONE"><doc>x</doc></member></enumeration></namespace>',
     'GCTX_ONE has no "Since:"'),
    ('Since of a field', r'</record>', '<field name="part"><doc>x</doc><type name="gint"/></field></record>',
     'GCtxKey:part has no "Since:"'),
    ('Since of an alias', r'</namespace>', '<alias name="Number" c:type="GCtxNumber"><doc>x</doc><type name="gint"/></alias>'
     '</namespace>', 'GCtxNumber has no "Since:"'),
    ('an alias of a gpointer', r'</namespace>', f'<alias name="Number" c:type="GCtxNumber" {TOLD}{POINTER}</alias></namespace>',
     'GCtxNumber is a gpointer'),
    ('a deprecation without a reason', r'(c:identifier="gctx_context_check")', r'\1 deprecated="1" deprecated-version="1.2"',
     'gctx_context_check is deprecated, but does not say'),
    ('a deprecation without a version', r'(c:identifier="gctx_context_check"[^>]*)>',
     r'\1 deprecated="1"><doc-deprecated>Use another.</doc-deprecated>', 'gctx_context_check is deprecated, but does not say'),
    ('transfer of a property', r'</class>', f'<property name="top" {TOLD}<type name="Context"/></property></class>',
     'GCtxContext:top has no transfer-ownership'),
    ('a property of a gpointer', r'</class>', f'<property name="top" transfer-ownership="none" {TOLD}{POINTER}</property></class>',
     'GCtxContext:top is a gpointer'),
    ('a property of a list', r'</class>', f'<property name="top" transfer-ownership="none" {TOLD}<type name="GLib.List"/>'
     '</property></class>', 'GCtxContext:top has no element-type'),
    ('a field of a gpointer', r'</record>', f'<field name="part" {TOLD}{POINTER}</field></record>', 'GCtxKey:part is a gpointer'),
    ('a callback in a record', r'</record>', f'<field name="call" {TOLD}<callback name="call"><doc>Since 1.2</doc><return-value '
     f'transfer-ownership="none">{POINTER}</return-value></callback></field></record>',
     'GCtxKey:call:call is a callback that is given no data'),
    ('a virtual method of a gpointer', r'</class>', f'<virtual-method name="go" {TOLD}<return-value transfer-ownership="none">'
     f'{POINTER}</return-value></virtual-method></class>', 'GCtxContext:go (its result) is a gpointer'),
    ('a guessed transfer of a virtual method', r'</class>', f'<virtual-method name="go" {TOLD}<return-value '
     'transfer-ownership="none"><type name="utf8" c:type="char*"/></return-value></virtual-method></class>',
     'GCtxContext:go (its result) leaves the scanner to guess'),
    ('transfer of what a signal gives', r'</class>', f'<glib:signal name="done" {TOLD}<parameters><parameter name="thing">'
     f'<type name="GObject.Object"/></parameter></parameters>{NOTHING}</glib:signal></class>',
     'GCtxContext:done (@thing) has no transfer-ownership'),
    ('a guessed transfer of a signal', r'</class>', f'<glib:signal name="done" {TOLD}<return-value transfer-ownership="full">'
     '<type name="utf8"/></return-value></glib:signal></class>', 'GCtxContext:done (its result) leaves the scanner to guess'),
    ('a nullable lost of a signal', r'</class>', f'<glib:signal name="done" {TOLD}<parameters><parameter name="thing" '
     'transfer-ownership="none"><doc>or %NULL</doc><type name="GObject.Object"/></parameter></parameters>'
     f'{NOTHING}</glib:signal></class>',
     'GCtxContext:done (@thing) may be NULL by its description, but is not nullable'),
    ('a namespace function', r'(?s)(<function name="task_new".*?<return-value) transfer-ownership="full"', r'\1',
     'gctx_task_new (its result) has no transfer-ownership'),
]


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def look(gir, sources):
    return gir_rules.Walk(gir, sources, C_ONLY, ODD)


class TestGir(unittest.TestCase):
    def test_all(self):
        """What a binding sees is told, safe and complete."""
        walk = look(GIR, SOURCES)
        self.assertEqual(walk.complaints, [])
        # A walk that found nothing must not pass.
        self.assertGreater(len(walk.seen), 100)

    def test_macros(self):
        """What no GIR holds is documented in the headers."""
        _, others, _ = SYMBOLS.declared([path for path in FILES if path.endswith('.h')])
        self.assertIn('GCTX_UNIX_SIGNAL', others)
        self.assertEqual(bare_macros(others, SOURCES), [])

        doctored = re.sub(r'Since: 1.0(\n \*/\n#define GCTX_UNIX_SIGNAL )', r'\1', SOURCES)
        self.assertEqual(bare_macros(others, doctored), ['GCTX_UNIX_SIGNAL'])
        doctored = SOURCES.replace(' * GCTX_VERSION_MIN_REQUIRED:', '')
        self.assertEqual(bare_macros(others, doctored), ['GCTX_VERSION_MIN_REQUIRED'])


def bare_macros(names, sources):
    """Those that are not in the GIR and have no doc comment with a Since."""
    walk = look(GIR, sources)
    return sorted(name for name in set(names) - walk.seen
                  if not re.fullmatch('|'.join(PLAIN), name)
                  and not re.search(r'\n \* Since: \d', walk.comments.get(name, '')))


class TestDoctored(unittest.TestCase):
    def doctor(self, title, pattern, replacement, expected):
        changed = [re.sub(pattern, replacement, text, count=1) for text in (GIR, SOURCES)]
        self.assertFalse(changed == [GIR, SOURCES], 'the case changes nothing')
        complaints = look(*changed).complaints
        self.assertTrue([line for line in complaints if expected in line],
                        f'expected: {expected}\nsaid: ' + '\n'.join(complaints))


def add_case(number, title, *case):
    name = f'test_{number:02}_' + re.sub(r'\W+', '_', title).strip('_').lower()
    setattr(TestDoctored, name, lambda self: self.doctor(title, *case))


if __name__ == '__main__':
    GIR, FILES = read(sys.argv[1]), sys.argv[3:]
    SOURCES = '\n'.join(map(read, FILES))
    loader = importlib.machinery.SourceFileLoader('symbols', sys.argv[2])
    SYMBOLS = importlib.util.module_from_spec(importlib.util.spec_from_loader('symbols', loader))
    loader.exec_module(SYMBOLS)
    for index, case in enumerate(CASES, 1):
        add_case(index, *case)
    tap.run(TestGir, TestDoctored)
