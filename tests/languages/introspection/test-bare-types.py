# test-bare-types.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""usage: test-bare-types.py GIR PLAYER...

Nothing that a caller in another language does by mistake crashes: a type that
is made bare, or one that is derived, works or is refused; wrong arguments are
refused. PLAYER, a program of that language, makes the calls of a plan that is
made of the GIR, so that what is new is tried at once."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import gir_rules
import tap

CORE = gir_rules.CORE
# Seconds that a player has for its whole plan, on a machine that is busy.
HANG = 100


def described(element, owner, walk):
    """How to call a function."""
    parameters = []
    for parameter in element.findall(f'{CORE}parameters/*'):
        type_ = gir_rules.type_of(parameter)
        is_array = type_.tag == CORE + 'array'
        if is_array:
            type_ = gir_rules.type_of(type_)
        name = type_.get('name')
        if gir_rules.NUMBER.fullmatch(name or '') and name != 'GType':
            name = 'number'
        elif walk.is_callback(parameter) or name == 'GObject.Closure':
            name = 'callback'
        parameters.append({'name': parameter.get('name'), 'type': name, 'array': is_array,
                           'out': parameter.get('direction') == 'out'})
    # What languages leave to the binding: lengths, data, and what frees it.
    left_out = set()
    offset = len(element.findall(f'{CORE}parameters/{CORE}instance-parameter'))
    for parameter in element.findall(f'{CORE}parameters/{CORE}parameter'):
        for index in (parameter.get('closure'), parameter.get('destroy'), gir_rules.type_of(parameter).get('length')):
            if index is not None:
                left_out.add(int(index) + offset)
    kept = [parameter for index, parameter in enumerate(parameters)
            if index not in left_out and not parameter['out']]
    return {'name': element.get('shadows') or element.get('name'), 'owner': owner, 'parameters': kept}


def functions_of(parent, owner, walk):
    for kind in ('function', 'method', 'constructor'):
        for element in parent.findall(CORE + kind):
            if element.get('introspectable') != '0' and not element.get('shadowed-by'):
                yield kind, described(element, owner, walk)


def make_plan(gir):
    walk = gir_rules.Walk(gir, '', {}, {})
    types, bare, calls = {}, [], []
    for kind in ('class', 'record', 'union'):
        for element in walk.namespace.findall(CORE + kind):
            if not gir_rules.is_class_struct(element):
                types[element.get('name')] = element
    for name, element in types.items():
        methods, ancestor = [], element
        while ancestor is not None:
            methods += [call for kind, call in functions_of(ancestor, name, walk) if kind == 'method']
            ancestor = types.get(ancestor.get('parent'))
        for call in methods:
            call['parameters'] = call['parameters'][1:]
        bare.append({'type': name, 'is_object': element.tag == CORE + 'class', 'calls': methods})
        calls += [{'call': call, 'is_method': kind == 'method'} for kind, call in functions_of(element, name, walk)]
    calls += [{'call': call, 'is_method': False} for _, call in functions_of(walk.namespace, '', walk)]
    return {'bare': bare, 'calls': [entry for entry in calls if entry['call']['parameters']]}


class TestPlays(unittest.TestCase):
    def play(self, mode, fatal):
        environment = dict(os.environ, MALLOC_CHECK_='3', MALLOC_PERTURB_='85', NO_AT_BRIDGE='1')
        environment['G_DEBUG'] = 'fatal-criticals' if fatal else ''
        plan = make_plan(GIR)
        wrong, first, n_played = [], 0, 0
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'plan.json')
            with open(path, 'w', encoding='utf-8') as file:
                json.dump(plan, file)
            # What crashed is told, and the rest is tried all the same.
            while first < len(plan[mode]):
                with open(os.path.join(directory, 'output'), 'w+', encoding='utf-8', errors='replace') as output:
                    try:
                        ended = subprocess.run(PLAYER + [path, mode, str(first)], stdout=output, cwd=directory,
                                               stderr=subprocess.PIPE, env=environment, timeout=HANG, check=False)
                        how, errors = ended.returncode, ended.stderr
                    except subprocess.TimeoutExpired as error:
                        how, errors = 'hang', error.stderr or b''
                    output.seek(0)
                    lines = output.read().splitlines()
                wrong += [line for line in lines if line.startswith('! ')]
                labels = [line for line in lines if line.startswith('@ ')]
                n_played += len(labels)
                if how == 0 and lines[-1:] == ['end']:
                    break
                last = labels[-1] if labels else f'@ {first}'
                wrong.append(f'{how}: {last}: {errors[-500:].decode(errors="replace")}')
                first = int(last.split()[1]) + 1
        self.assertFalse(wrong, '\n'.join(wrong))
        return n_played

    def test_bare(self):
        """Rule 20: whatever type is made bare or derived works, or is refused."""
        self.assertGreater(self.play('bare', True), 100)

    def test_wrong_arguments(self):
        """Rule 20: a wrong argument is refused, by the binding or by a critical."""
        self.assertGreater(self.play('calls', False), 1000)


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as file:
        GIR = file.read()
    PLAYER = [os.path.abspath(word) for word in sys.argv[2:]]
    tap.run(TestPlays)
