"""Verifies the signatures of messages with dkimpy.

verify.py FOLDER SIGNATURES NAME=RECORD...: for each file of the folder, in the order of their names, a line with the
file's name and True or False for each of its signatures. The records are those of the DNS.
"""
import pathlib
import sys

import dkim

records = dict(argument.split("=", 1) for argument in sys.argv[3:])


def dnsfunc(name, timeout=5):
    return records[name.decode().rstrip(".")].encode()


for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    message = path.read_bytes()
    results = []
    for index in range(int(sys.argv[2])):
        try:
            results.append(dkim.DKIM(message).verify(idx=index, dnsfunc=dnsfunc))
        except dkim.ValidationError:
            results.append(False)
    print(path.name, *results)
