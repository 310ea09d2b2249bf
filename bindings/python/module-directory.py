# module-directory.py: prints where below a prefix this Python looks for modules
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""usage: python3 -E module-directory.py PREFIX

Where the interpreter does not look anywhere below PREFIX, it prints the usual
place and a second line that says so."""

import os
import site
import sys

prefix = os.path.normpath(sys.argv[1])


def is_below_prefix(path):
    # /usr/local is a prefix of its own.
    return path.startswith(prefix + '/') and not (prefix == '/usr' and path.startswith('/usr/local/'))


# Debian's interpreters have a dist-packages for each prefix, which sysconfig does
# not tell of. sys.path leaves out what does not exist yet.
for path in map(os.path.normpath, sys.path + site.getsitepackages()):
    if os.path.basename(path) in ('dist-packages', 'site-packages') and is_below_prefix(path):
        print(path)
        break
else:
    print('%s/lib/python%d.%d/site-packages' % (prefix, *sys.version_info[:2]))
    print('PYTHONPATH')
