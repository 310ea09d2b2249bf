# gir_rules.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a GIR has to say about a library for bindings to be safe and complete.

The scanner guesses where a doc comment says nothing, and a wrong guess is a
leak or a crash in another language. So these rules want it written down, and
hold against each other what the comment says in words and what it says in
annotations. Which symbols there are, and since when, is the test `symbols`'s."""

import re
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

FUNCTIONS = ('function', 'method', 'constructor', 'virtual-method', 'callback', 'signal')
TYPES = ('class', 'interface', 'record', 'union', 'enumeration', 'bitfield', 'alias')
OTHERS = ('constant', 'property', 'member', 'field', 'function-macro')
# What says something of those, and is looked at with them.
PARTS = ('doc', 'doc-version', 'doc-deprecated', 'doc-stability', 'docsection', 'source-position', 'attribute',
         'implements', 'prerequisite', 'parameters', 'return-value', 'type', 'array')

POINTERS = ('gpointer', 'gconstpointer')
CONTAINERS = ('GLib.List', 'GLib.SList', 'GLib.HashTable', 'GLib.PtrArray', 'GLib.Array')
NUMBER = re.compile(r'(g?u?(int|long|short|char)(8|16|32|64)?|guchar|gs?size|gboolean|g?float|g?double'
                    r'|GTimeSpan|GType|GQuark)')
CALLBACK = re.compile(r'\w+(Func|Callback|Notify)$')
SINCE = re.compile(r'\bSince:? \d+\.\d+')
NULL = re.compile(r'[%`]NULL\b')
COMMENT = re.compile(r'/\*\*\n \* (\w+(?:::?[\w-]+)?):.*?\*/', re.DOTALL)


def kind_of(element):
    return element.tag.partition('}')[2]


def words(element):
    doc = element.find(CORE + 'doc')
    return ' '.join(doc.text.split()) if doc is not None and doc.text else ''


def type_of(element):
    for tag in ('type', 'array'):
        found = element.find(CORE + tag)
        if found is not None:
            return found
    return ElementTree.Element('nothing')


def c_type(element):
    return type_of(element).get(C + 'type') or ''


def is_on(element, attribute):
    return element.get(attribute) == '1'


def is_class_struct(element):
    """Whether it is the record of a class, which bindings make something else of."""
    return element.get(GLIB + 'is-gtype-struct-for') is not None


class Walk:
    """Looks at each symbol of one GIR. `sources` is the text of the files that
    the GIR was made of, `c_only` and `odd` name the exceptions, each with a
    reason. What is wrong is in `complaints`, a line each."""

    def __init__(self, gir, sources, c_only, odd):
        self.namespace = ElementTree.fromstring(gir).find(CORE + 'namespace')
        self.comments = {match[1]: match[0] for match in COMMENT.finditer(sources)}
        self.c_only = c_only
        self.odd = odd
        self.excused = set()
        self.seen = set()
        self.complaints = []
        self.callbacks = {element.get('name') for element in self.namespace.findall(CORE + 'callback')}
        self.numbers = {element.get('name') for kind in ('enumeration', 'bitfield')
                        for element in self.namespace.findall(CORE + kind)}
        self.casts = set()
        for element in self.namespace.findall(CORE + 'class'):
            name = (element.get(C + 'symbol-prefix') or '').upper()
            self.casts |= {name, 'IS_' + name}
        self.walk(self.namespace, '')
        for name in sorted(set(c_only) - self.excused):
            self.complain(name, 'is in the list of what is for C only, but it is gone, or other '
                          'languages can use it now: take it out of the list')
        for name in sorted(set(odd) - self.excused):
            self.complain(name, 'is excused without need: take it out of the list')

    def complain(self, name, what):
        self.complaints.append(f'{name} {what}')

    def excuse(self, name, names):
        if name in names:
            self.excused.add(name)
        return name in names

    def walk(self, parent, owner):
        for element in parent:
            kind = kind_of(element)
            if kind in PARTS:
                continue
            name = element.get(C + 'identifier') or element.get(C + 'type') or (
                f'{owner}:{element.get("name") or element.get(GLIB + "name")}')
            if kind not in FUNCTIONS + TYPES + OTHERS:
                self.complain(name, f'is a <{kind}>, for which there is no rule: write what other '
                              'languages need of it')
                continue
            if kind == 'field' and (is_class_struct(parent) or is_on(element, 'private')):
                # Of the virtual methods there are elements of their own.
                continue
            self.seen.add(name)
            if kind == 'function-macro' and (element.get('name') in self.casts
                                             or element.get('name') == 'UNAVAILABLE'):
                # Those that G_DECLARE_* would make, and one that marks declarations.
                continue
            self.check_told(element, name, parent)
            self.check_seen(element, name, parent)
            if kind in FUNCTIONS:
                self.check_function(element, name, parent)
            elif kind in TYPES:
                self.check_type(element, name)
            elif kind in ('property', 'field'):
                self.check_variable(element, name)
            self.walk(element, name)

    def check_told(self, element, name, parent):
        text = words(element)
        if not text:
            self.complain(name, 'has no doc comment')
        # The scanner has no other place for it there.
        in_words = 'field' in (kind_of(element), kind_of(parent)) or kind_of(element) == 'member'
        if not element.get('version') and not (in_words and SINCE.search(text)):
            self.complain(name, 'has no "Since:" in its doc comment: write since when')
        if is_on(element, 'deprecated') and not (element.get('deprecated-version')
                                                 and element.find(CORE + 'doc-deprecated') is not None):
            self.complain(name, 'is deprecated, but does not say since when and what to use instead')

    def check_type(self, element, name):
        kind = kind_of(element)
        if kind in ('class', 'interface', 'record', 'union') and not is_class_struct(element):
            if element.get(GLIB + 'get-type') is None and not self.excuse(name, self.c_only):
                self.complain(name, f'is a {kind} without a GType, which other languages can neither '
                              'copy nor free: give it one, or a place in the list of what is for C only')
        if kind == 'alias' and type_of(element).get('name') in POINTERS:
            self.complain(name, 'is a gpointer, which no other language can use')

    def check_variable(self, element, name):
        """A property or a field."""
        if kind_of(element) == 'property' and not element.get('transfer-ownership'):
            self.complain(name, 'has no transfer-ownership')
        self.check_array(element, name, ())
        if type_of(element).get('name') in POINTERS:
            self.complain(name, 'is a gpointer, which no other language can use')

    def check_seen(self, element, name, parent):
        """Whether other languages have it, or something in its place."""
        if kind_of(element) == 'function-macro':
            return
        twin = element.get('shadowed-by')
        if twin:
            twins = [other for other in parent if other.get('name') == twin
                     and other.get('shadows') == element.get('name')
                     and other.get('introspectable') != '0']
            if not twins:
                self.complain(name, f'is shadowed by {twin}, which other languages cannot see')
        elif element.get('introspectable') == '0' and not self.excuse(name, self.c_only):
            self.complain(name, 'is out of reach of other languages: give it a twin with (rename-to), '
                          'or a place in the list of what is for C only')

    # --- Functions ---

    def check_function(self, element, name, parent):
        parameters = element.findall(f'{CORE}parameters/{CORE}parameter')
        result = element.find(CORE + 'return-value')
        lines = self.comment_lines(self.comment_name(element, name, parent))

        for parameter in element.findall(f'{CORE}parameters/*'):
            if parameter.find(CORE + 'varargs') is not None:
                continue
            where = f'{name} (@{parameter.get("name")})'
            if not words(parameter):
                self.complain(where, 'is not explained in the doc comment')
            self.check_transfer(parameter, where, lines.get(parameter.get('name'), ''))
            self.check_out(parameter, where)
            self.check_array(parameter, where, parameters)
            if not self.is_data(parameter, element):
                self.check_null(parameter, where, False)
        if type_of(result).get('name') != 'none':
            where = f'{name} (its result)'
            if not words(result):
                self.complain(where, 'is not explained in the doc comment')
            self.check_transfer(result, where, lines.get('Returns', ''))
            self.check_array(result, where, parameters)
            self.check_null(result, where, is_on(element, 'throws'))

        if element.get('introspectable') != '0':
            self.check_callbacks(element, name, parameters)
            self.check_pointers(element, name, result)
            self.check_async(element, name, parameters, parent)

    def comment_name(self, element, name, parent):
        owner = parent.get(C + 'type')
        return {'virtual-method': f'{owner}Class::{element.get("name")}',
                'signal': f'{owner}::{element.get("name")}'}.get(kind_of(element), name)

    def comment_lines(self, name):
        """What the doc comment says, annotations included, by parameter."""
        text = re.sub(r'(?m)^ \*/?( |$)', '', self.comments.get(name, ''))
        return {match[1] or 'Returns': ' '.join(match[2].split())
                for match in re.finditer(r'(?ms)^(?:@(\w+)|Returns): ?(.*?)(?=^@|^$|\Z)', text)}

    def check_transfer(self, element, where, line):
        if not element.get('transfer-ownership'):
            self.complain(where, 'has no transfer-ownership')
        depth = c_type(element).count('*') + (c_type(element) in POINTERS or self.is_bare_pointer(element))
        is_out = element.get('direction') in ('out', 'inout')
        handed_over = depth > 0 if kind_of(element) == 'return-value' else is_out and depth > 1
        if handed_over and '(transfer ' not in line:
            self.complain(where, 'leaves the scanner to guess who owns it: say (transfer …)')

    def is_bare_pointer(self, element):
        """Whether it is one, of a signal: that has no types of C."""
        name = type_of(element).get('name') or ''
        return not c_type(element) and name != 'none' and not NUMBER.fullmatch(name) and name not in self.numbers

    def check_null(self, element, where, throws):
        """NULL is a matter of the words and of the annotation, or of neither."""
        type_ = c_type(element)
        is_out = element.get('direction') in ('out', 'inout')
        if not ('*' in type_ or type_ in POINTERS or self.is_callback(element) or self.is_bare_pointer(element)):
            return
        if is_out and type_.count('*') < 2 and not is_on(element, 'caller-allocates'):
            # A number that the caller may not want.
            return
        nullable, told = is_on(element, 'nullable'), NULL.search(words(element)) is not None
        if nullable and not told:
            self.complain(where, 'is nullable, but its description does not say what NULL means')
        if told and not nullable and not throws and not (is_out and is_on(element, 'optional')):
            self.complain(where, 'may be NULL by its description, but is not nullable')

    def check_out(self, element, where):
        type_ = c_type(element)
        direction = element.get('direction', 'in')
        if direction == 'in':
            is_array = type_of(element).tag == CORE + 'array'
            bare = type_.rstrip('*')
            if not is_array and not type_.startswith('const ') and (
                    type_.endswith('**') or type_.endswith('*') and NUMBER.fullmatch(bare)
                    and bare not in ('char', 'gchar')):
                if not type_.startswith('GError*'):
                    self.complain(where, 'is written to, by its type, but has no (out)')
            elif not is_array and re.fullmatch(r'const (\w+)\*', type_) and NUMBER.fullmatch(
                    type_[6:-1]) and type_[6:-1] not in ('char', 'gchar'):
                self.complain(where, 'points to numbers, but is no (array)')
            return
        if element.get('caller-allocates') not in ('0', '1'):
            self.complain(where, 'is (out), but does not say who allocates it')
            return
        is_plain = NUMBER.fullmatch(type_.rstrip('*')) is not None
        if is_on(element, 'caller-allocates') != (type_.count('*') == 1 and not is_plain):
            self.complain(where, f'is a {type_}, which is not for the '
                          f'{"caller" if is_on(element, "caller-allocates") else "function"} to allocate')

    def check_array(self, element, where, parameters):
        type_ = type_of(element)
        if type_.tag == CORE + 'array':
            length = type_.get('length')
            if length is None and type_.get('zero-terminated', '1') != '1' and not type_.get('fixed-size'):
                self.complain(where, 'is an array of a length that nobody knows')
            if length is not None and (int(length) >= len(parameters)
                                       or not NUMBER.fullmatch(c_type(parameters[int(length)]).rstrip('*'))):
                self.complain(where, 'is an array whose length is no number')
        if type_.tag == CORE + 'array' or type_.get('name') in CONTAINERS:
            inner = type_.find(CORE + 'type')
            if inner is None or inner.get('name') in (None, *POINTERS):
                self.complain(where, 'has no element-type')

    # --- Callbacks ---

    def is_callback(self, element):
        type_ = type_of(element)
        return type_.get('name') in self.callbacks or CALLBACK.match(c_type(element)) is not None

    def is_data(self, element, function):
        """Whether it is what a callback is given as its data."""
        parameters = function.findall(f'{CORE}parameters/{CORE}parameter')
        if c_type(element) not in POINTERS or element not in parameters:
            return False
        index = str(parameters.index(element))
        return any(other.get('closure') == index for other in parameters)

    def check_callbacks(self, element, name, parameters):
        destroyers = {other.get('destroy') for other in parameters}
        for index, parameter in enumerate(parameters):
            where = f'{name} (@{parameter.get("name")})'
            if not self.is_callback(parameter):
                continue
            scope = parameter.get('scope')
            if scope not in ('call', 'async', 'notified', 'forever'):
                self.complain(where, 'is a callback without a (scope)')
            if c_type(parameter) == 'GDestroyNotify':
                if str(index) not in destroyers:
                    self.complain(where, 'is not the (destroy) of any callback')
                continue
            self.check_wire(parameter, where, 'closure', parameters, POINTERS)
            if scope == 'notified':
                self.check_wire(parameter, where, 'destroy', parameters, ('GDestroyNotify',))
        if kind_of(element) == 'callback' and not any(self.is_data(parameter, element)
                                                      for parameter in parameters):
            self.complain(name, 'is a callback that is given no data: no other language can call back')

    def check_wire(self, parameter, where, wire, parameters, types):
        index = parameter.get(wire)
        if index is None:
            # A GTask keeps the data of its thread function itself.
            if c_type(parameter) != 'GTaskThreadFunc':
                self.complain(where, f'is a callback without a ({wire})')
        elif int(index) >= len(parameters) or c_type(parameters[int(index)]) not in types:
            self.complain(where, f'is a callback whose ({wire}) is no {types[0]}')

    def check_pointers(self, element, name, result):
        for parameter in element.findall(f'{CORE}parameters/{CORE}parameter'):
            if type_of(parameter).get('name') == 'gpointer' and not self.is_data(parameter, element):
                self.complain(f'{name} (@{parameter.get("name")})',
                              'is a gpointer, which no other language can use')
        if type_of(result).get('name') == 'gpointer' and not self.excuse(name, self.odd):
            self.complain(f'{name} (its result)', 'is a gpointer, which no other language can use')

    def check_async(self, element, name, parameters, parent):
        if not any(c_type(parameter) == 'GAsyncReadyCallback' for parameter in parameters):
            return
        if self.excuse(name, self.odd):
            return
        finish = re.sub(r'_async$', '', element.get('name')) + '_finish'
        for other in parent:
            if other.get('name') == finish and other.get('introspectable') != '0':
                if any(c_type(parameter) == 'GAsyncResult*' for parameter in other.iter(CORE + 'parameter')):
                    break
        else:
            self.complain(name, f'is asynchronous, but there is no {finish} that takes its result')
