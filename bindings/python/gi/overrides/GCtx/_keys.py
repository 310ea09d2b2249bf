# _keys.py: values under typed keys
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import types

from gi.module import get_introspection_module
from gi.repository import GObject

_gctx = get_introspection_module('GCtx')

_Context = _gctx.Context
_Key = _gctx.Key

# Exactly these: a class made from int, an enumeration say, has more to it than
# its number.
_TYPES = {
    bool: GObject.TYPE_BOOLEAN,
    int: GObject.TYPE_INT64,
    float: GObject.TYPE_DOUBLE,
    str: GObject.TYPE_STRING,
    object: GObject.TYPE_PYOBJECT,
}
_FLOATS = GObject.TYPE_DOUBLE, GObject.TYPE_FLOAT
_INTEGERS = (GObject.TYPE_INT, GObject.TYPE_UINT, GObject.TYPE_LONG, GObject.TYPE_ULONG,
             GObject.TYPE_INT64, GObject.TYPE_UINT64, GObject.TYPE_CHAR, GObject.TYPE_UCHAR)
# PyGObject looks into them without asking whether there is one.
_UNREADABLE = GObject.TYPE_VALUE, GObject.TYPE_GSTRING
_CHOICES = GObject.TYPE_ENUM, GObject.TYPE_FLAGS


def _gtype_of(type_):
    if isinstance(type_, GObject.GType):
        return type_
    if isinstance(type_, types.GenericAlias):
        type_ = type_.__origin__
    if not isinstance(type_, type):
        raise TypeError('the type of a key is a class or a GType, not %r' % (type_,))
    if type_ in _TYPES:
        return _TYPES[type_]
    gtype = getattr(type_, '__gtype__', None)
    return gtype if isinstance(gtype, GObject.GType) else GObject.TYPE_PYOBJECT


def _new(cls, name, type=object):
    if not isinstance(name, str):
        raise TypeError('the name of a key is a str, not %r' % (name,))
    gtype = _gtype_of(type)
    if not gtype.is_value_type():
        raise TypeError('the key %r cannot hold a %s: GObject has no values of that type' % (name, gtype.name))
    if gtype in _UNREADABLE or gtype.is_a(GObject.TYPE_PARAM):
        raise TypeError('the key %r cannot hold a %s: PyGObject crashes where there is none; '
                        'a key of object can' % (name, gtype.name))
    return _Key.new(name, gtype)


def _init(self, *args, **kwargs):
    """Key(name, type=object): a key for values of `type`.

    int, float, str and bool are what they are in C; so are GObject classes, boxed
    types, GLib.Variant and a GType. A key of any other class holds any Python
    object. Two keys of one name are two keys.
    """


def _repr(self):
    return '<GCtx.Key %r of %s>' % (self.get_name(), self.get_value_type().name)


def _same(self, memo=None):
    # Another one would be no key to what is held under this.
    return self


def _reduce(self, protocol):
    raise TypeError('the key %r is good in this process alone; pickle the name of what keeps it' % self.get_name())


# For what Python says where the name is missing.
_new.__qualname__ = 'GCtx.Key'
_Key.__copy__ = _Key.__deepcopy__ = _same
_Key.__reduce_ex__ = _reduce
_Key.__new__ = staticmethod(_new)
_Key.__init__ = _init
_Key.__repr__ = _repr
_Key.__class_getitem__ = classmethod(types.GenericAlias)
_Key.name = property(_Key.get_name, doc='What the key is called; only for people to read.')
_Key.value_type = property(_Key.get_value_type, doc="The GType of the key's values.")


def _number(gtype, value):
    """`value` as a number of `gtype`, where it is one and nothing is lost."""
    if gtype in _FLOATS and isinstance(value, int):
        return float(value)
    if gtype in _INTEGERS and isinstance(value, float):
        # PyGObject would cut off what is behind the point.
        if not value.is_integer():
            raise TypeError('a whole number is needed')
        return int(value)
    if gtype == GObject.TYPE_BOOLEAN and not isinstance(value, bool):
        if isinstance(value, (int, float)):
            return value != 0
        raise TypeError('a bool is needed')
    if gtype == GObject.TYPE_STRV and value is not None:
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            raise TypeError('a list of str is needed')
        if any('\0' in item for item in value):
            raise TypeError('a string of C has no NUL')
    # What follows it would be lost.
    if gtype == GObject.TYPE_STRING and isinstance(value, str) and '\0' in value:
        raise TypeError('a string of C has no NUL')
    return value


def to_value(key, value):
    """A GObject.Value of the key's type."""
    if not isinstance(key, _Key):
        raise TypeError('a GCtx.Key is needed, not %r' % (key,))
    gtype = key.get_value_type()
    if isinstance(value, GObject.Value) and gtype != GObject.TYPE_PYOBJECT:
        if value.g_type == gtype:
            return value
        value = value.get_value()
    result = GObject.Value(gtype)
    try:
        value = _number(gtype, value)
        if value is not None or gtype in _INTEGERS or gtype in _FLOATS or gtype.fundamental in _CHOICES:
            result.set_value(value)
    # PyGObject does not always say what is wrong, and Python calls that a SystemError.
    except (TypeError, ValueError, OverflowError, SystemError) as error:
        kind = OverflowError if isinstance(error, OverflowError) else TypeError
        raise kind('the key %r holds a %s, which %r is not: %s' % (
            key.get_name(), gtype.name, value, error)) from None
    return result


_with_value = _Context.with_value
with_values_raw = _Context.with_values
_with_lookup = _Context.with_lookup
_get_value = _Context.get_value
_has_value = _Context.has_value


def with_value(self, key, value):
    """A child that has `value` under `key`. TypeError or OverflowError where the
    key's type cannot hold it."""
    return _with_value(self, key, to_value(key, value))


def to_values(keys, values):
    """Lists of both, as the C functions take them."""
    keys, values = list(keys or ()), list(values or ())
    if len(keys) != len(values):
        raise ValueError('%d keys need as many values, not %d' % (len(keys), len(values)))
    return keys, list(map(to_value, keys, values))


def with_values(self, keys, values):
    """A child that has each of `values` under the key at its place in `keys`."""
    return with_values_raw(self, *to_values(keys, values))


def with_lookup(self, func):
    """A child that asks `func(key)` for what is not found further down; None says
    that it does not know. An exception in `func` is printed, and counts as None.
    """
    def look(key):
        value = func(key)
        return None if value is None else to_value(key, value)
    return _with_lookup(self, look)


def get(self, key, default=None):
    """The value under `key`, or `default` where there is none."""
    value = _get_value(self, key)
    if value is None and not _has_value(self, key):
        return default
    return value


def __getitem__(self, key):
    value = _get_value(self, key)
    if value is None and not _has_value(self, key):
        raise KeyError(key.get_name())
    return value


def __contains__(self, key):
    return _has_value(self, key)


_Context.with_value = with_value
_Context.with_values = with_values
_Context.with_lookup = with_lookup
_Context.get = get
_Context.__getitem__ = __getitem__
_Context.__contains__ = __contains__
# Python would count up from context[0].
_Context.__iter__ = None
